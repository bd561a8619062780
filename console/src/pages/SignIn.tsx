import { Button, PasswordInput, Stack, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, postJson, type Session } from "../api/client";
import { useSeat } from "../api/session";
import { useI18n } from "../i18n";
import { Door } from "../shell/Door";
import { Fault } from "../shell/Fault";

export function SignIn() {
  const { t } = useI18n();
  const seat = useSeat();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: async () => (await postJson("/console/api/sign-in", { email, password })) as Session,
    onSuccess: seat,
  });
  const refused = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <Door>
      <form onSubmit={(event) => { event.preventDefault(); signIn.mutate(); }}>
        <Stack>
          <Title order={1} size="h2">{t("signIn.title")}</Title>
          <TextInput label={t("field.email")} type="email" required autoComplete="username" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <PasswordInput label={t("field.password")} required autoComplete="current-password" value={password}
            onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
          <Fault error={refused ? new Error(t("signIn.refused")) : signIn.error} />
          <Button type="submit" loading={signIn.isPending}>{t("signIn.do")}</Button>
        </Stack>
      </form>
    </Door>
  );
}
