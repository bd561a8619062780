import { Anchor, SimpleGrid, Stack, Switch, Text, Title } from "@mantine/core";
import { Link, useParams } from "react-router";
import { text, useList } from "../api/lists";
import { useAct, useHandset } from "../handsets/api";
import { Talks } from "../handsets/Talks";
import { Texts } from "../handsets/Texts";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";

/** One phone of the sandbox, in hand. */
export default function Handset() {
  const { t } = useI18n();
  const { number = "" } = useParams();
  const handset = useHandset(number);
  const numbers = useList("IncomingPhoneNumbers", "incoming_phone_numbers", {});
  const rented = numbers.data?.pages.flatMap((page) => page.rows).map((row) => text(row, "phone_number")) ?? [];
  const answering = useAct(number);
  return (
    <Stack>
      <div><Anchor component={Link} to="/handsets" underline="always">{t("nav.handsets")}</Anchor><Title order={1}>{number}</Title></div>
      <Fault error={handset.error ?? answering.error} />
      {handset.data && (
        <>
          <Switch label={t("handset.byHand")} description={t("handset.byHandAbout")} checked={text(handset.data, "answering") === "hand"} disabled={answering.isPending}
            onChange={(event) => answering.mutate({ form: { Answering: event.currentTarget.checked ? "hand" : "itself" } })} />
          {rented.length === 0 && numbers.isSuccess && <Text>{t("handset.noNumber")} <Anchor component={Link} to="/numbers" underline="always">{t("nav.numbers")}</Anchor></Text>}
          <SimpleGrid cols={{ base: 1, lg: 2 }}><Texts number={number} rented={rented} /><Talks number={number} rented={rented} /></SimpleGrid>
        </>
      )}
    </Stack>
  );
}
