import { Alert, Button, Card, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useFormats } from "../../i18n/format";
import { api } from "../api";
import { useDesigner } from "../state/context";
import type { Saving } from "../state/saving";
import { useWords } from "../words";
import { DiffList } from "./DiffList";
import { Environments } from "./Environments";

/** Revisions, newest first: what differs, and the way back. */
export function Versions({ saving }: { saving: Saving }) {
  const { sid } = useDesigner();
  const w = useWords();
  const [compared, setCompared] = useState<number | null>(null);
  const revisions = useQuery({ queryKey: ["flow-revisions", sid], queryFn: () => api.revisions(sid) });
  const diff = useQuery({ queryKey: ["flow-diff", sid, saving.meta.version, compared], queryFn: () => api.diff(sid, compared ?? undefined), enabled: compared !== null });
  const restore = useMutation({
    mutationFn: async (number: number) => {
      await saving.save();
      await api.restore(sid, number);
    },
    onSuccess: async () => {
      await Promise.all([saving.reload(), revisions.refetch()]);
    },
  });
  const { moment } = useFormats();
  const failed = restore.error ?? revisions.error;
  const numbers = revisions.data?.revisions.map(({ revision }) => revision) ?? [];
  if (revisions.data?.revisions.length === 0) return <Text size="sm">{w("revision.none")}</Text>;
  return (
    <Stack gap="xs">
      {failed && <Alert variant="outline" color="red">{w("failed", { text: failed.message })}</Alert>}
      {numbers.length > 0 && <Environments saving={saving} revisions={numbers} />}
      {revisions.data?.revisions.map(({ revision, note, date_created }) => (
        <Card key={revision} withBorder p="xs">
          <Text fw={600}>{w("revision", { number: revision })}</Text>
          <Text size="xs">{moment(date_created)}</Text>
          {note && <Text size="sm">{note}</Text>}
          <Group gap="xs" mt={6}>
            <Button size="compact-xs" variant="default" onClick={() => setCompared(revision)}>{w("revision.compare")}</Button>
            <Button size="compact-xs" variant="default" loading={restore.isPending} onClick={() => restore.mutate(revision)}>{w("revision.restore")}</Button>
          </Group>
          {compared === revision && diff.data && <DiffList diff={{ ...diff.data, changed: diff.data.changed.map(({ id, paths }) => `${id} (${paths.join(", ")})`) }} />}
        </Card>
      ))}
    </Stack>
  );
}
