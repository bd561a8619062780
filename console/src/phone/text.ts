/** Real-time text of a call (T.140): what is typed as it is sent, and what comes as it is shown. */
export interface TextLine { by: "near" | "far"; text: string; open: boolean }

const BACK = "\b";
/** Ends a line on the wire. */
export const END = "\u2028";
const ENDS = new Set(["\n", "\r", END, "\u2029"]);
/** Lines that are kept; the first ones go. */
const KEPT = 200;

/** The lines after one side has typed `more`: each side writes its own line, which nobody else can change. */
export function written(lines: readonly TextLine[], by: TextLine["by"], more: string): TextLine[] {
  const next = [...lines];
  for (const character of more.replaceAll("\r\n", END).replaceAll("\uFEFF", "")) {
    const at = next.findLastIndex((line) => line.by === by && line.open);
    const line = next[at];
    if (ENDS.has(character)) { if (line) next[at] = { ...line, open: false }; }
    else if (character === BACK) { if (line) next[at] = { ...line, text: [...line.text].slice(0, -1).join("") }; }
    else if (line) next[at] = { ...line, text: line.text + character };
    else next.push({ by, text: character, open: true });
  }
  return next.filter((line) => line.open || line.text !== "").slice(-KEPT);
}

/** What is sent so that the other end, who reads `before`, reads `after`. */
export function typed(before: string, after: string): string {
  const [old, now] = [[...before], [...after]];
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  return BACK.repeat(old.length - same) + now.slice(same).join("");
}
