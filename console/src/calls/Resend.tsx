import { Alert, Button, Code, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { isRecord, nativePath, post } from "../api/client";
import { text } from "../api/lists";
import { useSession } from "../api/session";
import { Fault } from "../shell/Fault";
import { useCallWords } from "./words";

/** Sends a request to the application again, and shows what it answers now. */
export function Resend({ call, again, name }: { call: string; again: Record<string, string>; name: string }) {
  const w = useCallWords();
  const { account_sid } = useSession();
  const send = useMutation({ mutationFn: () => post(`${nativePath(account_sid)}/Calls/${encodeURIComponent(call)}/Timeline/Resend.json`, again) });
  const answer = isRecord(send.data) ? send.data : null;
  const [status, ms, error, body] = ["status", "duration_ms", "error", "body"].map((part) => text(answer ?? undefined, part));
  return (
    <>
      <Button size="compact-xs" variant="default" mt={4} loading={send.isPending} aria-label={w("again.what", { name })} onClick={() => send.mutate()}>{w("again")}</Button>
      <Fault error={send.error} />
      {answer && (
        <Alert role="status" variant="outline" mt={4} p="xs" {...(error && { color: "red" })}>
          <Text size="sm">{status ? w("again.answered", { status, ms: ms ?? "" }) : w("again.failed", { error: error ?? "", ms: ms ?? "" })}</Text>
          <Text size="xs">{w("again.about")}</Text>
          {body && <details><summary style={{ cursor: "pointer" }}><Text span size="sm">{w("again.body")}</Text></summary><Code block tabIndex={0} fz="xs" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{body}</Code></details>}
        </Alert>
      )}
    </>
  );
}
