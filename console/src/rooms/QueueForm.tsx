import { Button, Group, NumberInput, Paper, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange } from "../api/rows";
import { Fault } from "../shell/Fault";
import { useRoomWords } from "./words";

/** Another name or size for a queue; calls that wait beyond a smaller size stay. */
export function QueueForm({ queue, path }: { queue: Row; path: string }) {
  const w = useRoomWords();
  const [name, setName] = useState(text(queue, "friendly_name"));
  const [size, setSize] = useState(Number(text(queue, "max_size")));
  const change = useChange();
  const isChanged = name !== text(queue, "friendly_name") || String(size) !== text(queue, "max_size");
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); change.mutate({ path: `${path}.json`, form: { FriendlyName: name, MaxSize: String(size) } }); }}>
        <Group align="end">
          <TextInput label={w("queue.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <NumberInput label={w("queue.size")} required min={1} max={1_000} allowDecimal={false} value={size} onChange={(next) => setSize(Number(next))} />
          <Button type="submit" variant="default" disabled={!isChanged} loading={change.isPending}>{w("queue.save")}</Button>
        </Group>
        <Fault error={change.error} />
      </form>
    </Paper>
  );
}
