import { type Row, text } from "../api/lists";

/** How the day of a queue went. A share is of 1; `null` where nothing has happened that it could be of. */
export interface Day { served: number; wait_s: number | null; level: number | null; abandoned: number | null }

/** Those who gave up count against the share that was served in time: they were not. */
export function dayOf(row: Row | undefined): Day {
  const count = (name: string) => Number(text(row, name) || "0");
  const [served, gone] = [count("served"), count("abandoned")];
  const over = served + gone;
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);
  return { served, wait_s: share(count("waited_s"), served), level: share(count("in_time"), over), abandoned: share(gone, over) };
}
