import { Alert, Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ApiError, isRecord, postJson, type Session } from "../api/client";
import { useSeat } from "../api/session";
import { useI18n } from "../i18n";
import { Door } from "../shell/Door";
import { Fault } from "../shell/Fault";
import { SignIn, WANTED } from "./SignIn";

/** Where a one-time link leads: choose a password, and the address where there is none. */
export function Welcome() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const seat = useSeat();
  const [token] = useState(() => location.hash.slice(1));
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const link = useQuery({ queryKey: ["link", token], retry: false, queryFn: () => postJson("/console/api/link", { token }) });
  const use = useMutation({
    mutationFn: async () => (await postJson("/console/api/link/use", { token, email, password })) as Session,
    onSuccess: (session) => {
      seat(session);
      void navigate("/", { replace: true });
    },
  });
  if (use.error instanceof ApiError && use.error.code === WANTED) return <SignIn set />;
  const known = isRecord(link.data) && typeof link.data["email"] === "string" ? link.data["email"] : null;
  return (
    <Door>
      <form onSubmit={(event) => { event.preventDefault(); use.mutate(); }}>
        <Stack>
          <Title order={1} size="h2">{t("welcome.title")}</Title>
          {link.isError ? <Alert color="orange">{t("welcome.used")}</Alert> : (
            <>
              <Text c="dimmed">{t("welcome.about")}</Text>
              {known ? <TextInput label={t("field.email")} value={known} readOnly autoComplete="username" />
                : <TextInput label={t("field.email")} type="email" required autoComplete="username" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />}
              <PasswordInput label={t("field.password")} description={t("welcome.rule")} required minLength={12} autoComplete="new-password"
                value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
              <Fault error={use.error} />
              <Button type="submit" loading={use.isPending}>{t("welcome.done")}</Button>
            </>
          )}
        </Stack>
      </form>
    </Door>
  );
}
