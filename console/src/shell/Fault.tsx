import { Alert, Anchor } from "@mantine/core";
import { ApiError } from "../api/client";

/** Why something was refused, with the page that tells the cure. */
export function Fault({ error }: { error: Error | null }) {
  if (!error) return null;
  const code = error instanceof ApiError ? error.code : undefined;
  return (
    <Alert color="red" variant="outline" role="alert">
      {error.message} {code !== undefined && <Anchor href={`/errors/${code}`} target="_blank" rel="noreferrer" underline="always" c="inherit">{code}</Anchor>}
    </Alert>
  );
}
