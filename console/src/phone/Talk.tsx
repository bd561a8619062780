import { Button, Group, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Level } from "./Level";
import type { Line, Talk as Running } from "./line";
import { Pad } from "./Pad";
import { useRing } from "./ring";
import { Typing } from "./Typing";
import { usePhoneWords } from "./words";

/** The call that runs, either way. */
export function Talk({ line, talk, name }: { line: Line; talk: Running; name: string }) {
  const w = usePhoneWords();
  const rings = talk.incoming && talk.phase === "ringing";
  useRing(rings);
  const first = useRef<HTMLButtonElement>(null);
  // Whoever called by keyboard goes on by keyboard.
  useEffect(() => first.current?.focus(), [talk.id]);
  const key = talk.phase === "talking" ? "talking" : talk.incoming ? "rings" : "calling";
  return (
    <Stack gap="sm">
      <Text fw={600} role="status" style={{ overflowWrap: "anywhere" }}>{w(key, { peer: name })}</Text>
      {talk.phase === "talking" && <Sound line={line} />}
      <Group gap="xs">
        {rings && <Button ref={first} onClick={() => void line.answer()}>{w("answer")}</Button>}
        {talk.phase === "talking" && <Button variant="default" aria-pressed={talk.muted} onClick={() => line.mute(!talk.muted)}>{w(talk.muted ? "unmute" : "mute")}</Button>}
        <Button {...(rings ? {} : { ref: first })} color="red.9" onClick={() => void line.hangUp()}>{w(rings ? "decline" : "hangUp")}</Button>
      </Group>
      {talk.phase === "talking" && talk.lines && <Typing line={line} lines={talk.lines} />}
      {talk.phase === "talking" && <Pad label={w("keypad")} press={(pressed) => line.press(pressed)} />}
    </Stack>
  );
}

/** What is heard, and how loud both ends are. */
function Sound({ line }: { line: Line }) {
  const w = usePhoneWords();
  const heard = useRef<HTMLAudioElement>(null);
  const [streams, setStreams] = useState<{ near: MediaStream; far: MediaStream } | null>(null);
  useEffect(() => {
    const found = line.streams();
    setStreams(found);
    if (heard.current && found) heard.current.srcObject = found.far;
  }, [line]);
  return (
    <Stack gap={4}>
      {/* It is a live call: there is nothing to caption. */}
      <audio ref={heard} autoPlay />
      {streams && <Level label={w("near")} stream={streams.near} />}
      {streams && <Level label={w("far")} stream={streams.far} />}
    </Stack>
  );
}
