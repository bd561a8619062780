import { ActionIcon, Alert, Button, FileButton, Group, Select, Stack, Text, Title } from "@mantine/core";
import { IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { base64, fileName } from "../../api/file";
import { useMay } from "../../api/session";
import { api } from "../api";
import type { Json } from "../model/document";
import { useDesigner } from "../state/context";
import { useWords } from "../words";

const SOUNDS = ["sounds"];
const useSounds = () => useQuery({ queryKey: SOUNDS, queryFn: async () => (await api.sounds()).sounds });

/** Puts a file among the sounds of the account, under its own name without what addresses cannot have. */
function useUpload(onKept?: (url: string) => void) {
  const { say } = useDesigner();
  const w = useWords();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: File) => api.saveSound(fileName(file.name).replace(/[^A-Za-z0-9._-]+/g, "-"), await base64(file)),
    onSuccess: async ({ name, url }) => {
      await queries.invalidateQueries({ queryKey: SOUNDS });
      say(w("sounds.kept", { name }));
      onKept?.(url);
    },
  });
}

/** Chooses what a prompt plays among the sounds of the account, or brings one in. */
export function SoundPicker({ value, onChange }: { value: Json | undefined; onChange: (url: string) => void }) {
  const w = useWords();
  const sounds = useSounds();
  const upload = useUpload(onChange);
  const chosen = typeof value === "string" && value.startsWith("sound:") ? value : null;
  const known = sounds.data ?? [];
  const data = known.map(({ name, url }) => ({ value: url, label: name }));
  // One that is gone stays to be seen.
  if (chosen && !known.some(({ url }) => url === chosen)) data.push({ value: chosen, label: chosen });
  return (
    <Stack gap={4}>
      <Select size="xs" label={w("sounds.choose")} placeholder={w("sounds.other")} searchable allowDeselect={false} value={chosen} data={data} onChange={(url) => { if (url) onChange(url); }} />
      <FileButton accept="audio/*" onChange={(file) => { if (file) upload.mutate(file); }}>{(props) => <Button {...props} size="compact-xs" variant="light" loading={upload.isPending}>{w("sounds.upload")}</Button>}</FileButton>
      {upload.error && <Alert p="xs" variant="outline" color="red">{w("failed", { text: upload.error.message })}</Alert>}
    </Stack>
  );
}

/** All of them: heard, brought in, removed. */
export function Sounds() {
  const w = useWords();
  const { develop } = useMay();
  const queries = useQueryClient();
  const sounds = useSounds();
  const upload = useUpload();
  const hear = useMutation({
    mutationFn: async (name: string) => {
      const { content, content_type } = await api.sound(name);
      const url = URL.createObjectURL(new Blob([Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0))], { type: content_type }));
      const sound = new Audio(url);
      sound.addEventListener("ended", () => URL.revokeObjectURL(url));
      await sound.play();
    },
  });
  const remove = useMutation({ mutationFn: api.deleteSound, onSuccess: () => queries.invalidateQueries({ queryKey: SOUNDS }) });
  const failed = sounds.error ?? upload.error ?? hear.error ?? remove.error;
  return (
    <section aria-label={w("sounds")}>
      <Title order={3} size="h5">{w("sounds")}</Title>
      <Text size="xs" mb={4}>{w("sounds.about")}</Text>
      {failed && <Alert p="xs" variant="outline" color="red">{w("failed", { text: failed.message })}</Alert>}
      <Stack gap={4} mb={4}>
        {sounds.data?.map(({ name }) => (
          <Group key={name} gap={4} wrap="nowrap">
            <Text size="sm" style={{ flex: 1, minWidth: 0, overflowWrap: "anywhere" }}>{name}</Text>
            <ActionIcon size="sm" variant="default" aria-label={w("sounds.hear", { name })} onClick={() => hear.mutate(name)}><IconPlayerPlay size={14} aria-hidden /></ActionIcon>
            {develop && <ActionIcon size="sm" variant="default" aria-label={`${w("remove")}: ${name}`} onClick={() => remove.mutate(name)}><IconTrash size={14} aria-hidden /></ActionIcon>}
          </Group>
        ))}
      </Stack>
      {develop && <FileButton accept="audio/*" onChange={(file) => { if (file) upload.mutate(file); }}>{(props) => <Button {...props} size="compact-xs" variant="light" loading={upload.isPending}>{w("sounds.upload")}</Button>}</FileButton>}
    </section>
  );
}
