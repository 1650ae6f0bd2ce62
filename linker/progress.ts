// How the build says what it is doing: one short line per step, to whoever asked. Called by kernel.ts and index.ts.
export type Progress = (step: string) => void;
export const silent: Progress = () => {};
