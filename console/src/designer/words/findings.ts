import type { Language } from "../../i18n";

/** What the server's validation says, in the other languages of the console. `{}` stands for what it names, in the order of the English sentence. */
type Said = readonly [nl: string, fr: string, de: string];
const order: Record<Exclude<Language, "en">, 0 | 1 | 2> = { nl: 0, fr: 1, de: 2 };

export const findings: Record<string, Said> = {
  "the flow needs a name of at most 64 characters": ["de flow heeft een naam van hoogstens 64 tekens nodig", "le flux a besoin d’un nom de 64 caractères au plus", "der Ablauf braucht einen Namen von höchstens 64 Zeichen"],
  "name it": ["geef een naam", "donnez un nom", "benennen"],
  "form {} is not known": ["vorm {} is niet bekend", "la forme {} n’est pas connue", "Form {} ist nicht bekannt"],
  "use form 1": ["gebruik vorm 1", "utilisez la forme 1", "Form 1 verwenden"],
  "more than {} nodes": ["meer dan {} stappen", "plus de {} étapes", "mehr als {} Schritte"],
  "move a part into a sub-flow": ["verplaats een deel naar een subflow", "déplacez une partie dans un sous-flux", "einen Teil in einen Unterablauf verlegen"],
  "`{}` is a trigger of this kind already": ["„{}” is al een trigger van deze soort", "« {} » est déjà un déclencheur de ce type", "„{}“ ist schon ein Auslöser dieser Art"],
  "remove one of them": ["verwijder een van beide", "supprimez l’un des deux", "einen davon entfernen"],
  "the flow has no trigger": ["de flow heeft geen trigger", "le flux n’a pas de déclencheur", "der Ablauf hat keinen Auslöser"],
  "add one, such as `on_call`": ["voeg er een toe, zoals „Oproep komt binnen”", "ajoutez-en un, comme « Appel entrant »", "einen hinzufügen, etwa „Anruf kommt herein“"],
  "there is no node `{}`": ["er is geen stap „{}”", "il n’y a pas d’étape « {} »", "es gibt keinen Schritt „{}“"],
  "choose another, or none": ["kies een andere, of geen", "choisissez-en une autre, ou aucune", "einen anderen oder keinen wählen"],
  "`{}` is not a name": ["„{}” is geen naam", "« {} » n’est pas un nom", "„{}“ ist kein Name"],
  "use letters, digits and `_`, beginning with a letter": ["gebruik letters, cijfers en _, te beginnen met een letter", "lettres, chiffres et _, en commençant par une lettre", "Buchstaben, Ziffern und _ verwenden, mit einem Buchstaben beginnend"],
  "`{}` means something else already": ["„{}” betekent al iets anders", "« {} » a déjà un autre sens", "„{}“ bedeutet schon etwas anderes"],
  "choose another name": ["kies een andere naam", "choisissez un autre nom", "einen anderen Namen wählen"],
  "`{}` begins with a value of another type": ["„{}” begint met een waarde van een ander type", "« {} » commence par une valeur d’un autre type", "„{}“ beginnt mit einem Wert anderen Typs"],
  "change the value or the type": ["wijzig de waarde of het type", "changez la valeur ou le type", "Wert oder Typ ändern"],
  "two nodes have this id": ["twee stappen hebben deze naam", "deux étapes portent ce nom", "zwei Schritte heißen so"],
  "rename one": ["hernoem een van beide", "renommez l’une des deux", "eines umbenennen"],
  "the id is not usable": ["de naam is niet bruikbaar", "le nom est inutilisable", "der Name ist nicht brauchbar"],
  "use 1 to 64 letters, digits, `_`, `-`, `.` and blanks": ["gebruik 1 tot 64 letters, cijfers, _, -, . en spaties", "1 à 64 lettres, chiffres, _, -, . et espaces", "1 bis 64 Buchstaben, Ziffern, _, -, . und Leerzeichen verwenden"],
  "a port has no name": ["een uitkomst heeft geen naam", "une issue n’a pas de nom", "ein Ausgang hat keinen Namen"],
  "two ports are called `{}`": ["twee uitkomsten heten „{}”", "deux issues s’appellent « {} »", "zwei Ausgänge heißen „{}“"],
  "there is no port `{}`": ["er is geen uitkomst „{}”", "il n’y a pas d’issue « {} »", "es gibt keinen Ausgang „{}“"],
  "remove the connection": ["verwijder de verbinding", "supprimez la liaison", "die Verbindung entfernen"],
  "it leads to `{}`, which is not there": ["leidt naar „{}”, dat er niet is", "mène à « {} », qui n’existe pas", "führt zu „{}“, das es nicht gibt"],
  "connect it anew": ["verbind opnieuw", "reliez à nouveau", "neu verbinden"],
  "it leads to a trigger": ["leidt naar een trigger", "mène à un déclencheur", "führt zu einem Auslöser"],
  "connect it to what follows the trigger": ["verbind met wat op de trigger volgt", "reliez à ce qui suit le déclencheur", "mit dem verbinden, was auf den Auslöser folgt"],
  "the regular expression cannot be read": ["de reguliere expressie is onleesbaar", "l’expression régulière est illisible", "der reguläre Ausdruck ist nicht lesbar"],
  "correct it": ["verbeter ze", "corrigez-la", "berichtigen"],
  "correct the expression": ["verbeter de expressie", "corrigez l’expression", "den Ausdruck berichtigen"],
  "there is no filter `{}`": ["er is geen filter „{}”", "il n’y a pas de filtre « {} »", "es gibt keinen Filter „{}“"],
  "`{}` is not known, and empty": ["„{}” is niet bekend, dus leeg", "« {} » est inconnu, donc vide", "„{}“ ist nicht bekannt, also leer"],
  "declare it among the variables, or set it before": ["voeg toe bij de variabelen, of stel eerder in", "déclarez-le parmi les variables, ou définissez-le avant", "bei den Variablen anlegen oder vorher setzen"],
  "nothing leads here": ["niets leidt hierheen", "rien ne mène ici", "nichts führt hierher"],
  "connect it, or remove it": ["verbind of verwijder", "reliez ou supprimez", "verbinden oder entfernen"],
  "this needs a call, and only triggers without one lead here": ["dit vraagt een oproep, en enkel triggers zonder oproep leiden hierheen", "il faut un appel, et seuls des déclencheurs sans appel mènent ici", "das braucht einen Anruf, und nur Auslöser ohne Anruf führen hierher"],
  "call somebody first, or use a message": ["bel eerst iemand, of gebruik een bericht", "appelez d’abord quelqu’un, ou utilisez un message", "zuerst jemanden anrufen oder eine Nachricht verwenden"],
  "and {} more": ["en nog {}", "et {} de plus", "und {} weitere"],
  "mend those above first": ["los eerst die hierboven op", "corrigez d’abord ceux du dessus", "zuerst die obigen beheben"],
  "`{}` is missing": ["„{}” ontbreekt", "« {} » manque", "„{}“ fehlt"],
  "fill it in": ["vul in", "complétez", "ausfüllen"],
  "it is not said what the recording is for": ["er staat niet bij waarvoor de opname dient", "il n’est pas dit à quoi sert l’enregistrement", "es steht nicht da, wofür die Aufnahme dient"],
  "choose its purpose": ["kies het doel ervan", "choisissez son but", "wählen Sie ihren Zweck"],
  "the caller is not told that he is recorded": ["de beller hoort niet dat er wordt opgenomen", "l’appelant n’est pas averti de l’enregistrement", "der Anrufer erfährt nicht, dass aufgezeichnet wird"],
  "say so, here or before": ["zeg het, hier of ervoor", "dites-le, ici ou avant", "hier oder vorher ansagen"],
  "the message has no text": ["het bericht heeft geen tekst", "le message n’a pas de texte", "die Nachricht hat keinen Text"],
  "write it": ["schrijf hem", "écrivez-le", "schreiben"],
  "the switch has no cases": ["er zijn geen gevallen", "il n’y a pas de cas", "es gibt keine Fälle"],
  "add one": ["voeg er een toe", "ajoutez-en", "hinzufügen"],
  "no branch has a share": ["geen tak heeft een aandeel", "aucune branche n’a de part", "kein Zweig hat einen Anteil"],
  "give the shares weights": ["geef de takken een gewicht", "donnez un poids aux branches", "den Zweigen Gewichte geben"],
  "no flow is chosen": ["er is geen flow gekozen", "aucun flux n’est choisi", "kein Ablauf ist gewählt"],
  "choose a published flow with `on_subflow`": ["kies een gepubliceerde flow met „Start als subflow”", "choisissez un flux publié avec « Début de sous-flux »", "einen veröffentlichten Ablauf mit „Start als Unterablauf“ wählen"],
  "`{}` is no node to go to": ["naar „{}” kan men niet gaan", "on ne peut pas aller à « {} »", "zu „{}“ kann man nicht gehen"],
  "choose another": ["kies een andere", "choisissez-en une autre", "einen anderen wählen"],
  "`{}` cannot be the name of a variable": ["„{}” kan geen naam van een variabele zijn", "« {} » ne peut pas nommer une variable", "„{}“ kann keine Variable heißen"],
  "nothing is said": ["er wordt niets gezegd", "rien n’est dit", "es wird nichts gesagt"],
  "add a prompt": ["voeg een tekst toe", "ajoutez une annonce", "eine Ansage hinzufügen"],
  "a prompt is empty": ["een tekst is leeg", "une annonce est vide", "eine Ansage ist leer"],
  "write its text, or remove it": ["schrijf de tekst, of verwijder hem", "écrivez son texte, ou supprimez-la", "den Text schreiben oder sie entfernen"],
  "no text in {}": ["geen tekst in {}", "pas de texte en {}", "kein Text in {}"],
  "translate it": ["vertaal hem", "traduisez-le", "übersetzen"],
  "the menu has no choices": ["het menu heeft geen keuzes", "le menu n’a pas de choix", "das Menü hat keine Auswahl"],
  "{} choices are more than a caller keeps in mind": ["{} keuzes zijn er meer dan een beller onthoudt", "{} choix, c’est plus qu’on n’en retient", "{} Möglichkeiten sind mehr, als man sich merkt"],
  "make two menus": ["maak er twee menu’s van", "faites-en deux menus", "zwei Menüs daraus machen"],
  "the caller listens for more than half a minute before he may choose": ["de beller luistert langer dan een halve minuut voor hij mag kiezen", "l’appelant écoute plus d’une demi-minute avant de choisir", "der Anrufer hört mehr als eine halbe Minute zu, bevor er wählen darf"],
  "shorten it": ["maak korter", "raccourcissez", "kürzen"],
  "`{}` can be chosen by nothing": ["„{}” kan door niets gekozen worden", "rien ne permet de choisir « {} »", "„{}“ kann durch nichts gewählt werden"],
  "give it a key or a phrase": ["geef een toets of een uitspraak", "donnez une touche ou une phrase", "eine Taste oder Äußerung geben"],
  "`{}` is no key": ["„{}” is geen toets", "« {} » n’est pas une touche", "„{}“ ist keine Taste"],
  "use 0-9, *, # and A-D": ["gebruik 0-9, *, # en A-D", "utilisez 0-9, *, # et A-D", "0-9, *, # und A-D verwenden"],
  "two choices have the key {}": ["twee keuzes hebben toets {}", "deux choix ont la touche {}", "zwei Möglichkeiten haben die Taste {}"],
  "change one": ["wijzig een van beide", "changez l’un des deux", "eine ändern"],
  "one to ten parties can be called": ["één tot tien partijen kunnen gebeld worden", "on peut appeler un à dix correspondants", "ein bis zehn Teilnehmer können angerufen werden"],
  "add or remove some": ["voeg toe of verwijder", "ajoutez ou supprimez", "hinzufügen oder entfernen"],
  "a party has no address": ["een partij heeft geen adres", "un correspondant n’a pas d’adresse", "ein Teilnehmer hat keine Adresse"],
  "the schedule is never due": ["het tijdschema komt nooit aan de beurt", "l’horaire n’arrive jamais", "der Zeitplan ist nie fällig"],
  "give a time as HH:MM and a time zone such as Europe/Brussels": ["geef een tijdstip als UU:MM en een tijdzone zoals Europe/Brussels", "donnez une heure HH:MM et un fuseau comme Europe/Brussels", "eine Zeit als HH:MM und eine Zeitzone wie Europe/Brussels angeben"],
  "a time of day cannot be read": ["een tijdstip is onleesbaar", "une heure est illisible", "eine Uhrzeit ist nicht lesbar"],
  "write it as HH:MM": ["schrijf als UU:MM", "écrivez HH:MM", "als HH:MM schreiben"],
  "it is never open": ["het is nooit open", "ce n’est jamais ouvert", "es ist nie geöffnet"],
  "add hours": ["voeg uren toe", "ajoutez des heures", "Zeiten hinzufügen"],
  "the time zone is not known": ["de tijdzone is niet bekend", "le fuseau horaire est inconnu", "die Zeitzone ist nicht bekannt"],
  "use a name such as Europe/Brussels": ["gebruik een naam zoals Europe/Brussels", "utilisez un nom comme Europe/Brussels", "einen Namen wie Europe/Brussels verwenden"],
  "write it as the schema says": ["schrijf zoals het schema zegt", "écrivez comme le dit le schéma", "schreiben, wie das Schema sagt"],
};

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const patterns = Object.entries(findings).map(([english, said]) => ({ pattern: new RegExp(`^${english.split("{}").map(escaped).join("(.+)")}$`, "s"), said }));

/** A sentence of the validation in a language; the English one where it is newer than these words. */
export function finding(text: string, language: Language): string {
  if (language === "en") return text;
  for (const { pattern, said } of patterns) {
    const found = pattern.exec(text);
    if (!found) continue;
    let at = 0;
    return said[order[language]].replace(/\{\}/g, () => found[(at += 1)] ?? "");
  }
  return text;
}
