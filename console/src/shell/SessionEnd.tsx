import { Alert, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { postJson, type Session } from "../api/client";
import { useExtended, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "./Fault";

/** Time before the end of a session at which whoever sits there is told, in ms (WCAG 2.2, 2.2.1). */
const TOLD_MS = 300_000;

/** Says that the session is about to end, and makes it longer. */
export function SessionEnd() {
  const { t } = useI18n();
  const { ends_at } = useSession();
  const left = useLeft(Date.parse(ends_at));
  const extended = useExtended();
  const extend = useMutation({ mutationFn: async () => extended((await postJson("/console/api/session/extend", {})) as Session) });
  if (left > TOLD_MS || left <= 0) return null;
  return (
    <Alert variant="outline" color="orange" mb="md" role="alert">
      <Group justify="space-between">
        <Text>{t("session.ends", { minutes: String(Math.ceil(left / 60_000)) })}</Text>
        <Button size="xs" loading={extend.isPending} onClick={() => extend.mutate()}>{t("session.extend")}</Button>
      </Group>
      <Fault error={extend.error} />
    </Alert>
  );
}

/** Milliseconds until then, anew every few seconds. */
function useLeft(then: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  return then - now;
}
