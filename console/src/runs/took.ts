/** How long a step took, in seconds as a decimal text; `null` where a time is missing. */
export function took(from: string, until: string): string | null {
  const ms = Date.parse(until) - Date.parse(from);
  return Number.isFinite(ms) && ms >= 0 ? String(ms / 1_000) : null;
}
