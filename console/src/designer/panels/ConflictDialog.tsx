import { Button, Group, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { api } from "../api";
import { difference, merge } from "../model/merge";
import type { Saving } from "../state/saving";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";
import { Dialog } from "./Dialog";
import { DiffList } from "./DiffList";

/** Somebody else saved first: shows what, and asks what shall become of both. */
export function ConflictDialog({ saving, onOpenFlow }: { saving: Saving; onOpenFlow: (sid: string) => void }) {
  const mine = useFlow();
  const { say } = useDesigner();
  const w = useWords();
  const { conflict, resolve } = saving;
  const merged = useMemo(() => conflict && merge(conflict.base, mine, conflict.theirs.definition), [conflict, mine]);
  if (!conflict || !merged) return null;
  const copy = async () => {
    try {
      const made = await api.create(w("conflict.copyName", { name: mine.name }).slice(0, 64), mine);
      resolve(conflict.theirs.definition);
      onOpenFlow(made.sid);
    } catch (error) {
      say(w("failed", { text: error instanceof Error ? error.message : String(error) }));
    }
  };
  return (
    <Dialog title={w("conflict.title")}>
      <Stack>
        <div>
          <Text fw={600}>{w("conflict.theirs")}</Text>
          <DiffList diff={difference(conflict.base, conflict.theirs.definition)} />
        </div>
        {merged.conflicts.length > 0 && <Text>{w("conflict.both", { list: merged.conflicts.join(", ") })}</Text>}
        <Group>
          <Button data-autofocus onClick={() => resolve(merged.flow)}>{w("conflict.merge")}</Button>
          <Button variant="default" onClick={() => void copy()}>{w("conflict.copy")}</Button>
          <Button variant="default" onClick={() => resolve(conflict.theirs.definition)}>{w("conflict.take")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
