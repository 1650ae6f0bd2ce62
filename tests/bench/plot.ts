// The curve of docs/call-scaling.svg: what a call takes among ever more instances and capabilities. Called by `phi bench --write-docs`.

import type { Figure } from "./figure.ts";

const NAME = /^call-scaling\.(\d+)-instances-(\d+)-capabilities\.(instructions|cycles)$/;
const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 60;
const BOTTOM = 60;
const TOP = 30;
const STEP = 120;
const GRID = 50;
const COLOURS = { instructions: "#2b6cb0", cycles: "#c05621" } as const;

interface Point {
  readonly label: string;
  readonly kind: keyof typeof COLOURS;
  readonly value: number;
}

/** The SVG; undefined when the figures of scaling are not among them. */
export function scalingPlot(figures: readonly Figure[]): string | undefined {
  const points = figures.flatMap(({ name, value }): Point[] => {
    const [, instances, capabilities, kind] = NAME.exec(name) ?? [];
    if (kind === undefined) return [];
    const label = `${Number(instances).toLocaleString("en-US")} / ${Number(capabilities).toLocaleString("en-US")}`;
    return [{ label, kind: kind as keyof typeof COLOURS, value }];
  });
  if (points.length === 0) return undefined;
  const top = Math.ceil(Math.max(...points.map(({ value }) => value)) / GRID) * GRID;
  const y = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const x = (place: number): number => LEFT + 30 + place * STEP;
  const labels = [...new Set(points.map(({ label }) => label))];
  const text = (at: readonly [number, number], content: string, more = ""): string =>
    `<text x="${at[0]}" y="${at[1].toFixed(1)}" font-size="12" font-family="sans-serif" ${more}>${content}</text>`;
  const lines = Array.from({ length: top / GRID + 1 }, (_none, place) => {
    const at = y(place * GRID);
    return `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}" stroke="#ddd"/>${text([LEFT - 8, at + 4], String(place * GRID), 'text-anchor="end"')}`;
  });
  const curves = (Object.keys(COLOURS) as (keyof typeof COLOURS)[]).map((kind, place) => {
    const own = points.filter((point) => point.kind === kind);
    const at = own.map(({ value }, index) => `${x(index)},${y(value).toFixed(1)}`);
    const dots = own.map(
      ({ value }, index) => `<circle cx="${x(index)}" cy="${y(value).toFixed(1)}" r="3" fill="${COLOURS[kind]}"/>`,
    );
    const legend = text([LEFT + 20 + place * 140, 18], `${kind} a call`, `fill="${COLOURS[kind]}"`);
    return `<polyline points="${at.join(" ")}" fill="none" stroke="${COLOURS[kind]}" stroke-width="2"/>${dots.join("")}${legend}`;
  });
  const names = labels.map((label, place) => text([x(place), HEIGHT - BOTTOM + 20], label, 'text-anchor="middle"'));
  const axis = text([WIDTH / 2, HEIGHT - 14], "instances / capabilities, in random order", 'text-anchor="middle"');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<rect width="100%" height="100%" fill="#fff"/>
${[...lines, ...curves, ...names, axis].join("\n")}
</svg>
`;
}
