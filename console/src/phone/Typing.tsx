import { Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Line } from "./line";
import { END, type TextLine, typed } from "./text";
import { usePhoneWords } from "./words";

/** What both ends type in a call. A line is told aloud when it has ended, and not letter by letter. */
export function Typing({ line, lines }: { line: Line; lines: readonly TextLine[] }) {
  const w = usePhoneWords();
  const [draft, setDraft] = useState("");
  const ended = lines.filter(({ open }) => !open);
  const log = useRef<HTMLDivElement>(null);
  const count = ended.length;
  // What came last is in sight.
  useEffect(() => { if (count > 0) log.current?.scrollTo({ top: log.current.scrollHeight }); }, [count]);
  const open = lines.find((each) => each.by === "far" && each.open);
  return (
    <Stack gap={4}>
      <div ref={log} role="log" aria-label={w("text.log")} className="phone-text" tabIndex={0}>
        {ended.map(({ by, text }, at) => <Text key={`${at}-${by}`} size="sm" style={{ overflowWrap: "anywhere" }}>{w(`text.${by}`, { text })}</Text>)}
      </div>
      {open && <Text size="sm" fs="italic" style={{ overflowWrap: "anywhere" }}>{w("text.far", { text: open.text })}</Text>}
      <form onSubmit={(event) => {
        event.preventDefault();
        line.type(END);
        setDraft("");
      }}>
        <TextInput size="xs" label={w("text")} autoComplete="off" maxLength={500} value={draft} onChange={(event) => {
          const next = event.currentTarget.value;
          line.type(typed(draft, next));
          setDraft(next);
        }} />
      </form>
    </Stack>
  );
}
