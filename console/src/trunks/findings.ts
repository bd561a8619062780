import type { Text } from "../i18n/words";

/** What a finding means and what to do about it, as docs/trunks.md has them. The platform says the same in English, with the particulars. */
export const findings: Record<string, { means: Text; cure: Text }> = {
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
