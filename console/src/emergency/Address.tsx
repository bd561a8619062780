import { Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { useChange, useOne } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { Fault } from "../shell/Fault";
import { addressOf, formOf, names, optional, type Part } from "./address";
import { useEmergencyWords } from "./words";

/** Where the phones of the account are, for emergency services. */
export function Address() {
  const { account_sid, home_country } = useSession();
  const path = `${nativePath(account_sid)}.json`;
  const account = useOne(path);
  if (!account.data) return <Fault error={account.error} />;
  const known = addressOf(account.data) ?? { street: "", house_number: "", addition: "", postal_code: "", city: "", country: home_country };
  return <Form key={account_sid} known={known} path={path} />;
}

function Form({ known, path }: { known: Record<Part, string>; path: string }) {
  const w = useEmergencyWords();
  const { develop } = useMay();
  const [address, setAddress] = useState(known);
  const save = useChange();
  const widths: Record<Part, number> = { street: 260, house_number: 120, addition: 200, postal_code: 120, city: 200, country: 160 };
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="emergency">
      <form onSubmit={(event) => { event.preventDefault(); save.mutate({ path, form: formOf(address) }); }}>
        <Stack gap="sm">
          <Title order={2} size="h4" id="emergency">{w("title")}</Title>
          <Text size="sm" maw={720}>{w("about")}</Text>
          <Group align="end">
            {names.map((name) => (
              <TextInput key={name} label={w(name)} w={widths[name]} required={!optional.includes(name)} disabled={!develop} maxLength={name === "country" ? 2 : 100} value={address[name]}
                onChange={(event) => { const { value } = event.currentTarget; setAddress((before) => ({ ...before, [name]: value })); }} />
            ))}
            {develop && <Button type="submit" loading={save.isPending}>{w("save")}</Button>}
          </Group>
          <Fault error={save.error} />
          {save.isSuccess && <Text size="sm" role="status">{w("saved")}</Text>}
        </Stack>
      </form>
    </Paper>
  );
}
