import type { Text } from "../i18n/words";

/** What findings mean and what to do about them, by kind. The platform says the same in English, with the particulars. */
export type Findings = Record<string, { means: Text; cure: Text }>;

/** Of trunks, as docs/trunks.md has them. */
export const trunkFindings: Findings = {
  "name-not-resolved": {
    means: ["A name has no address", "Een naam heeft geen adres", "Un nom n’a pas d’adresse", "Ein Name hat keine Adresse"],
    cure: ["Check the spelling, and `sip.dns_servers`.", "Controleer de spelling en `sip.dns_servers`.", "Vérifiez l’orthographe et `sip.dns_servers`.", "Prüfen Sie die Schreibweise und `sip.dns_servers`."],
  },
  "no-connection": {
    means: ["No connection", "Geen verbinding", "Pas de connexion", "Keine Verbindung"],
    cure: ["Check port, `transport` and firewall.", "Controleer poort, `transport` en firewall.", "Vérifiez le port, `transport` et le pare-feu.", "Prüfen Sie Port, `transport` und Firewall."],
  },
  "certificate": {
    means: ["The carrier’s certificate is not accepted", "Het certificaat van de operator wordt niet aanvaard", "Le certificat de l’opérateur n’est pas accepté", "Das Zertifikat des Anbieters wird nicht anerkannt"],
    cure: ["Name the host instead of its IP address; check `tls_ca`.", "Noem de host in plaats van het IP-adres; controleer `tls_ca`.", "Indiquez l’hôte plutôt que son adresse IP ; vérifiez `tls_ca`.", "Nennen Sie den Host statt seiner IP-Adresse; prüfen Sie `tls_ca`."],
  },
  "no-answer": {
    means: ["No answer", "Geen antwoord", "Pas de réponse", "Keine Antwort"],
    cure: ["Check address, firewall, and whether the carrier has our address; set `ping_s = 0` where it answers no OPTIONS.", "Controleer adres, firewall, en of de operator ons adres heeft; zet `ping_s = 0` als hij niet op OPTIONS antwoordt.", "Vérifiez l’adresse, le pare-feu, et si l’opérateur connaît notre adresse ; mettez `ping_s = 0` s’il ne répond pas à OPTIONS.", "Prüfen Sie Adresse, Firewall und ob der Anbieter unsere Adresse hat; `ping_s = 0`, wo er auf OPTIONS nicht antwortet."],
  },
  "not-registered": {
    means: ["Not registered", "Niet geregistreerd", "Pas enregistré", "Nicht registriert"],
    cure: ["Check `username`, `password` and `domain`: the user name is often the number, and the domain the one of the contract.", "Controleer `username`, `password` en `domain`: de gebruikersnaam is vaak het nummer, en het domein dat van het contract.", "Vérifiez `username`, `password` et `domain` : l’utilisateur est souvent le numéro, et le domaine celui du contrat.", "Prüfen Sie `username`, `password` und `domain`: Der Benutzer ist oft die Nummer, die Domäne die des Vertrags."],
  },
  "calls-refused": {
    means: ["Calls are refused", "Oproepen worden geweigerd", "Les appels sont refusés", "Anrufe werden abgelehnt"],
    cure: ["Check the credentials, and that caller ids have the form and the numbers of the contract.", "Controleer de aanmeldgegevens, en dat nummers van bellers de vorm en de nummers van het contract hebben.", "Vérifiez les identifiants, et que les numéros d’appelant ont la forme et les numéros du contrat.", "Prüfen Sie die Zugangsdaten, und dass Anrufernummern Form und Nummern des Vertrags haben."],
  },
  "no-common-codec": {
    means: ["No common codec", "Geen gemeenschappelijke codec", "Aucun codec commun", "Kein gemeinsamer Codec"],
    cure: ["Check `codecs` and `srtp`.", "Controleer `codecs` en `srtp`.", "Vérifiez `codecs` et `srtp`.", "Prüfen Sie `codecs` und `srtp`."],
  },
  "private-address": {
    means: ["We name an address that cannot be reached from there", "We noemen een adres dat van daar onbereikbaar is", "Nous indiquons une adresse injoignable de là-bas", "Wir nennen eine Adresse, die von dort nicht erreichbar ist"],
    cure: ["Set `sip.advertised` and `media.advertised_ip`.", "Stel `sip.advertised` en `media.advertised_ip` in.", "Réglez `sip.advertised` et `media.advertised_ip`.", "Setzen Sie `sip.advertised` und `media.advertised_ip`."],
  },
  "other-address": {
    means: ["The carrier sees us at another address", "De operator ziet ons op een ander adres", "L’opérateur nous voit à une autre adresse", "Der Anbieter sieht uns unter einer anderen Adresse"],
    cure: ["Correct `sip.advertised`.", "Corrigeer `sip.advertised`.", "Corrigez `sip.advertised`.", "Berichtigen Sie `sip.advertised`."],
  },
  "one-way-audio": {
    means: ["Sound in one direction only", "Geluid in één richting", "Son dans un seul sens", "Ton nur in eine Richtung"],
    cure: ["Check the media ports in the firewall, `media.advertised_ip` and `strict_source`.", "Controleer de mediapoorten in de firewall, `media.advertised_ip` en `strict_source`.", "Vérifiez les ports média du pare-feu, `media.advertised_ip` et `strict_source`.", "Prüfen Sie die Medienports der Firewall, `media.advertised_ip` und `strict_source`."],
  },
  "full": {
    means: ["It is full", "Hij is vol", "Il est plein", "Er ist voll"],
    cure: ["Raise `max_calls` if the contract allows, or add another trunk.", "Verhoog `max_calls` als het contract het toelaat, of voeg een trunk toe.", "Augmentez `max_calls` si le contrat le permet, ou ajoutez un trunk.", "Erhöhen Sie `max_calls`, wenn der Vertrag es erlaubt, oder ergänzen Sie einen Trunk."],
  },
};

/** Of SMPP routes, as docs/messaging.md has them. */
export const routeFindings: Findings = {
  "no-connection": {
    means: ["No connection", "Geen verbinding", "Pas de connexion", "Keine Verbindung"],
    cure: ["Check `host`, `port`, `tls`, the firewall, and whether the carrier expects us from this address.", "Controleer `host`, `port`, `tls`, de firewall, en of de operator ons van dit adres verwacht.", "Vérifiez `host`, `port`, `tls`, le pare-feu, et si l’opérateur nous attend de cette adresse.", "Prüfen Sie `host`, `port`, `tls`, die Firewall, und ob der Anbieter uns von dieser Adresse erwartet."],
  },
  "certificate": {
    means: ["The carrier’s certificate is not accepted", "Het certificaat van de operator wordt niet aanvaard", "Le certificat de l’opérateur n’est pas accepté", "Das Zertifikat des Anbieters wird nicht anerkannt"],
    cure: ["Check `tls_server_name` and `tls_ca_file`; an expired one the carrier has to renew.", "Controleer `tls_server_name` en `tls_ca_file`; een verlopen certificaat moet de operator vernieuwen.", "Vérifiez `tls_server_name` et `tls_ca_file` ; l’opérateur doit renouveler un certificat expiré.", "Prüfen Sie `tls_server_name` und `tls_ca_file`; ein abgelaufenes muss der Anbieter erneuern."],
  },
  "no-answer": {
    means: ["No answer", "Geen antwoord", "Pas de réponse", "Keine Antwort"],
    cure: ["Check that `port` is the carrier’s SMPP, with TLS where `tls` says so; else the carrier has to look.", "Controleer of `port` de SMPP van de operator is, met TLS waar `tls` dat zegt; anders moet de operator kijken.", "Vérifiez que `port` est le SMPP de l’opérateur, avec TLS si `tls` le dit ; sinon c’est à l’opérateur de voir.", "Prüfen Sie, ob `port` das SMPP des Anbieters ist, mit TLS, wo `tls` es sagt; sonst muss der Anbieter nachsehen."],
  },
  "bind-refused": {
    means: ["The bind is refused", "De bind wordt geweigerd", "Le bind est refusé", "Der Bind wird abgelehnt"],
    cure: ["Check `system_id`, `password`, `system_type` and `bind`, and how many binds the carrier allows.", "Controleer `system_id`, `password`, `system_type` en `bind`, en hoeveel binds de operator toelaat.", "Vérifiez `system_id`, `password`, `system_type` et `bind`, et combien de binds l’opérateur autorise.", "Prüfen Sie `system_id`, `password`, `system_type` und `bind`, und wie viele Binds der Anbieter erlaubt."],
  },
  "closed": {
    means: ["The carrier ended the connection", "De operator verbrak de verbinding", "L’opérateur a fermé la connexion", "Der Anbieter hat die Verbindung beendet"],
    cure: ["The route binds again by itself. If that happens again and again, check `port`, `tls` and `system_id`, and ask the carrier.", "De route bindt vanzelf opnieuw. Gebeurt het telkens weer, controleer dan `port`, `tls` en `system_id`, en vraag het de operator.", "La route se rattache d’elle-même. Si cela se répète, vérifiez `port`, `tls` et `system_id`, et demandez à l’opérateur.", "Die Route bindet sich von selbst neu. Geschieht es immer wieder, prüfen Sie `port`, `tls` und `system_id`, und fragen Sie den Anbieter."],
  },
  "garbled": {
    means: ["What comes is not SMPP", "Wat binnenkomt is geen SMPP", "Ce qui arrive n’est pas du SMPP", "Was ankommt, ist kein SMPP"],
    cure: ["Check `port`, and whether the carrier wants `tls`.", "Controleer `port`, en of de operator `tls` wil.", "Vérifiez `port`, et si l’opérateur veut `tls`.", "Prüfen Sie `port`, und ob der Anbieter `tls` will."],
  },
};
