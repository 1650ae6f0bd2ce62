// Curves of cost against number on two logarithmic axes, as SVG: docs/*-growth.svg. Called by `phi bench --write-docs`.

import type { Figure } from "./figure.ts";

const WIDTH = 640;
const HEIGHT = 340;
const LEFT = 70;
const RIGHT = 20;
const TOP = 40;
const BOTTOM = 50;
const COLOURS = ["#2b6cb0", "#c05621", "#2f855a", "#805ad5"];

/** The SVG of all figures called PREFIX.NUMBER.CURVE; undefined when there is none. */
export function growthPlot(figures: readonly Figure[], prefix: string, title: string): string | undefined {
  const points = figures.flatMap(({ name, value, unit }) => {
    const [count, curve, more] = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1).split(".") : [];
    const is_point = curve !== undefined && more === undefined && Number(count) > 0 && value > 0;
    return is_point ? [{ count: Number(count), curve, value, unit }] : [];
  });
  const [first] = points;
  if (first === undefined) return undefined;
  const powers = (values: readonly number[]): readonly [number, number] => [
    Math.floor(Math.log10(Math.min(...values))),
    Math.max(Math.ceil(Math.log10(Math.max(...values))), Math.floor(Math.log10(Math.min(...values))) + 1),
  ];
  const [left, right] = powers(points.map(({ count }) => count));
  const [low, high] = powers(points.map(({ value }) => value));
  const x = (count: number): number => LEFT + ((Math.log10(count) - left) / (right - left)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((Math.log10(value) - low) / (high - low)) * (HEIGHT - BOTTOM - TOP);
  const text = (at: readonly [number, number], content: string, more = ""): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" font-size="12" font-family="sans-serif" ${more}>${content}</text>`;
  const grid = [
    ...Array.from({ length: high - low + 1 }, (_none, place) => {
      const at = y(10 ** (low + place));
      const label = `${10 ** (low + place)} ${first.unit}`;
      return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}" stroke="#ddd"/>${text([LEFT - 8, at + 4], label, 'text-anchor="end"')}`;
    }),
    ...Array.from({ length: right - left + 1 }, (_none, place) => {
      const at = x(10 ** (left + place));
      const label = (10 ** (left + place)).toLocaleString("en-US");
      return `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#eee"/>${text([at, HEIGHT - BOTTOM + 20], label, 'text-anchor="middle"')}`;
    }),
  ];
  const curves = [...new Set(points.map(({ curve }) => curve))].map((curve, place) => {
    const colour = COLOURS[place % COLOURS.length];
    const own = points.filter((point) => point.curve === curve).sort((a, b) => a.count - b.count);
    const at = own.map(({ count, value }) => `${x(count).toFixed(1)},${y(value).toFixed(1)}`);
    const dots = at.map((dot) => {
      const [across, down] = dot.split(",");
      return `<circle cx="${across}" cy="${down}" r="3" fill="${colour}"/>`;
    });
    const legend = text([LEFT + 10 + place * 140, TOP - 8], curve ?? "", `fill="${colour}"`);
    return `<polyline points="${at.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${legend}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<rect width="100%" height="100%" fill="#fff"/>
${[...grid, ...curves, text([WIDTH / 2, 16], title, 'text-anchor="middle"')].join("\n")}
</svg>
`;
}
