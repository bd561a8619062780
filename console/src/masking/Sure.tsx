import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { Fault } from "../shell/Fault";
import { useMaskWords } from "./words";

/** What cannot be taken back takes a second click. */
export function Sure({ opened, title, about, action, error, pending, confirm, cancel }: {
  opened: boolean;
  title: string;
  about: string;
  action: string;
  error: Error | null;
  pending: boolean;
  confirm: () => void;
  cancel: () => void;
}) {
  const w = useMaskWords();
  return (
    <Modal opened={opened} onClose={cancel} title={title} closeButtonProps={{ "aria-label": w("keep") }}>
      <Stack>
        <Alert variant="outline">{about}</Alert>
        <Fault error={error} />
        <Group>
          <Button color="red.9" loading={pending} onClick={confirm}>{action}</Button>
          <Button variant="default" onClick={cancel}>{w("keep")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
