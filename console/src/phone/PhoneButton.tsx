import { ActionIcon, Portal } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useI18n } from "../i18n";
import { useDesk } from "./context";

// SIP is large: it comes when the phone is first opened.
const Dock = lazy(() => import("./Dock"));

/** Opens and hides the phone, which stays once it was opened. */
export function PhoneButton() {
  const { t } = useI18n();
  const { allowed, opened, setOpened, talking } = useDesk();
  const [wanted, setWanted] = useState(false);
  useEffect(() => { if (opened) setWanted(true); }, [opened]);
  if (!allowed) return null;
  return (
    <>
      <ActionIcon variant={talking ? "filled" : "default"} size="md" aria-label={t("phone.title")} aria-expanded={opened} onClick={() => setOpened(!opened)}><IconPhoneCall size={16} aria-hidden /></ActionIcon>
      {wanted && <Portal><Suspense fallback={null}><Dock /></Suspense></Portal>}
    </>
  );
}
