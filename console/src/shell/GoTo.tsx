import { Anchor, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useI18n } from "../i18n";
import { type Text as Words, useSpeaker } from "../i18n/words";
import { places } from "./places";
import type { Section } from "./sections";

const words = {
  "title": ["Go to", "Ga naar", "Aller à", "Gehe zu"],
  "what": ["Page, number, or sid of a call", "Pagina, nummer of sid van een oproep", "Page, numéro ou sid d’un appel", "Seite, Nummer oder Sid eines Anrufs"],
  "call": ["The call {sid}", "De oproep {sid}", "L’appel {sid}", "Der Anruf {sid}"],
  "calls": ["Calls to {number}", "Oproepen naar {number}", "Appels vers {number}", "Anrufe an {number}"],
  "callsFrom": ["Calls from {number}", "Oproepen van {number}", "Appels de {number}", "Anrufe von {number}"],
  "none": ["There is nothing of this name.", "Er is niets met deze naam.", "Il n’y a rien de ce nom.", "Es gibt nichts dieses Namens."],
  "close": ["Close", "Sluiten", "Fermer", "Schließen"],
} satisfies Record<string, Words>;

/** Leads to any page by a part of its name, and to calls by number or sid; Enter takes the first. */
export default function GoTo({ sections, close }: { sections: Section[]; close: () => void }) {
  const { t } = useI18n();
  const w = useSpeaker(words);
  const go = useNavigate();
  const [wanted, setWanted] = useState("");
  const found = places(wanted, sections.map(({ path, label }) => ({ path, name: t(label) })), {
    call: (sid) => w("call", { sid }),
    to: (number) => w("calls", { number }),
    from: (number) => w("callsFrom", { number }),
  });
  return (
    <Modal opened onClose={close} title={w("title")} closeButtonProps={{ "aria-label": w("close") }}>
      <form onSubmit={(event) => { event.preventDefault(); const [first] = found; if (first) { close(); void go(first.path); } }}>
        <TextInput data-autofocus label={w("what")} autoComplete="off" value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
      </form>
      <Stack gap={4} mt="md" role="status">
        {found.length === 0 && <Text>{w("none")}</Text>}
        {found.map(({ path, name }) => <Anchor key={path} component={Link} to={path} onClick={close} underline="always" py={2}>{name}</Anchor>)}
      </Stack>
    </Modal>
  );
}
