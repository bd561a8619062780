import { CloseButton, Group, Modal, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useWords } from "../words";

/** A dialog; without `onClose` it waits for a choice. The library's own head would be a second banner of the page. */
export function Dialog({ title, onClose, children }: { title: string; onClose?: () => void; children: ReactNode }) {
  const w = useWords();
  return (
    <Modal.Root opened onClose={onClose ?? (() => undefined)} closeOnEscape={onClose !== undefined} closeOnClickOutside={onClose !== undefined} size="lg" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label={title}>
        <Modal.Body pt="md">
          <Group justify="space-between" mb="md" wrap="nowrap">
            <Title order={2} size="h4">{title}</Title>
            {onClose && <CloseButton aria-label={w("close")} onClick={onClose} />}
          </Group>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
