import { Anchor, Paper, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { text } from "../api/lists";
import { useChange } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { moment, useMaskPaths, useMasked } from "../masking/api";
import { Settings } from "../masking/Settings";
import { useMaskWords } from "../masking/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";

/** Applications of number masking. */
export default function Masking() {
  const { t } = useI18n();
  const w = useMaskWords();
  const { develop } = useMay();
  const path = useMaskPaths();
  const applications = useMasked(path("applications/search"), "applications");
  const make = useChange();
  return (
    <Stack>
      <Title order={1}>{w("title")}</Title>
      <Text maw={820}>{w("about")}</Text>
      {develop && (
        <Paper withBorder p="md">
          <Settings key={make.submittedAt} action={w("make")} pending={make.isPending} submit={(form) => make.mutate({ path: path("applications"), form })} />
        </Paper>
      )}
      <Fault error={make.error} />
      <Rows query={applications} title={w("title")} empty={w("none")} columns={[
        { label: w("name"), show: (row) => <Anchor component={Link} to={`/masking/${text(row, "sid")}`} underline="always">{text(row, "name")}</Anchor> },
        { label: t("field.status"), show: (row) => <Status row={row} /> },
        { label: t("field.date"), show: (row) => <When value={moment(row, "dateCreated")} /> },
      ]} />
    </Stack>
  );
}
