import { Alert, Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, postJson, seat as sat, type Session } from "../api/client";
import { useSeat } from "../api/session";
import { useI18n } from "../i18n";
import { NoPasskey, possible, signIn as signInByPasskey } from "../passkeys/browser";
import { Door } from "../shell/Door";
import { Fault } from "../shell/Fault";
import { CodeInput } from "./SecondFactor";

/** Codes of the error catalogue: a code is to be given; it is wrong. */
export const WANTED = 20475;
const WRONG = 20476;

/** `set` where a link has just set the password. */
export function SignIn({ set = false }: { set?: boolean }) {
  const { t } = useI18n();
  const seat = useSeat();
  // Somebody sat here until a moment ago, and did not sign out.
  const [over] = useState(() => sat() !== null);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  // The password was right, and a code is to be given too.
  const [second, setSecond] = useState(false);
  const signIn = useMutation({
    mutationFn: async () => (await postJson("/console/api/sign-in", second ? { email, password, code } : { email, password })) as Session,
    onSuccess: seat,
    onError: (error) => { if (error instanceof ApiError && error.code === WANTED) setSecond(true); },
  });
  const byPasskey = useMutation({ mutationFn: signInByPasskey, onSuccess: seat, onMutate: () => signIn.reset() });
  const refused = byPasskey.error instanceof NoPasskey ? new Error(t("signIn.passkeyNone")) : byPasskey.error instanceof ApiError && byPasskey.error.status === 401 ? new Error(t("signIn.passkeyRefused")) : byPasskey.error;
  const failed = signIn.error instanceof ApiError ? signIn.error : null;
  const shown = failed?.code === WANTED ? null : failed?.code === WRONG ? new Error(t("signIn.codeWrong")) : failed?.status === 401 ? new Error(t("signIn.refused")) : signIn.error;
  return (
    <Door>
      <form onSubmit={(event) => { event.preventDefault(); byPasskey.reset(); signIn.mutate(); }}>
        <Stack>
          <Title order={1} size="h2">{t("signIn.title")}</Title>
          {over && !set && !second && <Alert variant="outline" role="status">{t("signIn.over")}</Alert>}
          {set && !second && <Alert variant="outline" role="status">{t("welcome.set")}</Alert>}
          {second ? <><Text>{email}</Text><CodeInput focus value={code} set={setCode} label={t("signIn.code")} description={t("signIn.codeAbout")} /></> : (
            <>
          <TextInput label={t("field.email")} type="email" required autoComplete="username" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <PasswordInput label={t("field.password")} required autoComplete="current-password" value={password}
            onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
            </>
          )}
          <Fault error={shown ?? refused} />
          <Button type="submit" loading={signIn.isPending}>{t("signIn.do")}</Button>
          {!second && possible() && <Button variant="default" loading={byPasskey.isPending} onClick={() => byPasskey.mutate()}>{t("signIn.passkey")}</Button>}
          {second && <Button variant="subtle" onClick={() => { setSecond(false); setCode(""); setPassword(""); signIn.reset(); }}>{t("signIn.other")}</Button>}
        </Stack>
      </form>
    </Door>
  );
}
