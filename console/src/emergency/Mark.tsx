import { Alert, Anchor, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { nativePath } from "../api/client";
import { useOne } from "../api/rows";
import { useSession } from "../api/session";
import { addressOf } from "./address";
import { useEmergencyWords } from "./words";

/** A red mark while somebody who calls for help here would reach nobody, or not be found. */
export function Mark({ linked = false }: { linked?: boolean }) {
  const w = useEmergencyWords();
  const { account_sid, emergency, sandbox } = useSession();
  const account = useOne(`${nativePath(account_sid)}.json`);
  // The carrier of a sandbox answers 112 too, and whom nobody knows yet nobody is told about.
  const noRoute = !emergency.route && !sandbox;
  const noAddress = account.data !== undefined && addressOf(account.data) === null;
  if (!noRoute && !noAddress) return null;
  return (
    <Alert variant="outline" color="red" title={w("title")} role="status">
      <Stack gap={4}>
        {noRoute && <Text size="sm">{w("route")}</Text>}
        {noAddress && <Text size="sm">{w("address")} {linked && <Anchor component={Link} to="/clients" size="sm">{w("register")}</Anchor>}</Text>}
      </Stack>
    </Alert>
  );
}
