import { Center, Group, Paper, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { LanguagePicker, SchemeSwitch, Statement } from "./Shell";

/** The page before somebody has signed in. */
export function Door({ children }: { children: ReactNode }) {
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w={400} maw="100%">
        <Group justify="space-between"><img src="/console/icon.svg" alt="flexio" width={36} height={36} /><Group gap="xs"><LanguagePicker /><SchemeSwitch /></Group></Group>
        <Paper withBorder p="xl" radius="lg">{children}</Paper>
        <Statement />
      </Stack>
    </Center>
  );
}
