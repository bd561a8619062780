//! Statements as Belgian banks have them: CODA, records of 128 characters (Febelfin, "Coded statement of account", version 2).
//!
//! The sums of a statement are checked: a file that was cut off or altered is refused whole.

use flexio_domain::Money;
use jiff::civil::Date;

use super::{BankPayment, BankReturn, CollectedBy, PAYMENTS_MAX, Statement as Read};

/// Lines of one file; one payment has at most eight.
const LINES_MAX: usize = 8 * PAYMENTS_MAX;
/// Characters of communication that are kept of a payment: what the three parts of a movement hold.
const COMMUNICATION_MAX: usize = 53 + 53 + 43;

/// Where a structured communication of type 127 has what the creditor told the payer, behind type, date, kind, scheme, outcome, creditor and
/// mandate; and its length. The kind of the return and its reason follow.
const TOLD_AT: usize = 3 + 6 + 1 + 1 + 1 + 35 + 35;
const TOLD_CHARS: usize = 62;

/// Why a file cannot be read. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodaError {
    /// Version 1 had other records, and there is no other.
    #[error("this is CODA version {0:?}; only version 2 is read")]
    Version(String),
    /// A record where another should be, or of an unknown kind.
    #[error("line {0} has no place there")]
    Record(usize),
    /// An amount, a sign or a date that is none.
    #[error("the {1} in line {0} cannot be read")]
    Field(usize, &'static str),
    /// A file that ends before its last record.
    #[error("the file is not whole: its last record is missing")]
    CutOff,
    /// The old balance and the movements do not make the new one.
    #[error("the movements before line {0} do not add up to the new balance there: the file is damaged")]
    Balance(usize),
    /// Beyond the limits.
    #[error("more than {PAYMENTS_MAX} payments, or {LINES_MAX} lines")]
    TooMany,
}

/// One line; positions count from 1, as the standard's do.
struct Line<'t> {
    number: usize,
    text: &'t str,
}

impl Line<'_> {
    /// The characters `from` to `to`; those a line is too short for are spaces.
    fn field(&self, from: usize, to: usize) -> String {
        let mut found: String = self.text.chars().skip(from - 1).take(to + 1 - from).collect();
        let missing = (to + 1 - from).saturating_sub(found.chars().count());
        found.extend(std::iter::repeat_n(' ', missing));
        found
    }

    fn trimmed(&self, from: usize, to: usize) -> String {
        self.field(from, to).trim().to_owned()
    }

    /// Twelve digits and three decimals behind their sign, of which 1 is a debit; in thousandths.
    fn amount(&self, sign: usize, from: usize) -> Result<i64, CodaError> {
        let digits = self.field(from, from + 14);
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(CodaError::Field(self.number, "amount"));
        }
        let thousandths: i64 = digits.parse().map_err(|_| CodaError::Field(self.number, "amount"))?;
        match self.field(sign, sign).as_str() {
            "0" => Ok(thousandths),
            "1" => Ok(-thousandths),
            _ => Err(CodaError::Field(self.number, "sign")),
        }
    }

    /// `DDMMYY` of this century; `None` for zeros, which mean that there is none.
    fn date(&self, from: usize) -> Result<Option<Date>, CodaError> {
        let digits = self.field(from, from + 5);
        if digits == "000000" || digits.trim().is_empty() {
            return Ok(None);
        }
        let part = |at: usize| digits.get(at..at + 2).and_then(|pair| pair.parse::<i8>().ok());
        let date = match (part(0), part(2), part(4)) {
            (Some(day), Some(month), Some(year)) => Date::new(2_000 + i16::from(year), month, day).ok(),
            _ => None,
        };
        date.map(Some).ok_or(CodaError::Field(self.number, "date"))
    }
}

/// What the first digit of the transaction code says of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// An amount of its own.
    Single,
    /// A sum whose parts may follow.
    Total,
    /// A part of such a sum.
    Part,
    /// What a single amount is made of, such as charges: not money of its own.
    Particulars,
}

impl Level {
    fn of(code: &str) -> Option<Self> {
        match code.chars().next()? {
            '0' | '3' => Some(Self::Single),
            '1' | '2' => Some(Self::Total),
            '5' | '6' | '7' => Some(Self::Part),
            '8' | '9' => Some(Self::Particulars),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Movement {
    level: Level,
    /// Number in the statement, the same for a sum and its parts.
    sequence: String,
    detail: String,
    /// Above zero for what came in.
    thousandths: i64,
    booked_on: Option<Date>,
    is_structured: bool,
    communication: String,
    payer: String,
    payer_account: String,
}

impl Movement {
    /// `seq` and `detail` of the second and third part of a movement are those of its first.
    fn is_continued_by(&self, line: &Line<'_>) -> bool {
        line.field(3, 6) == self.sequence && line.field(7, 10) == self.detail
    }

    /// What a movement says of a direct debit of ours (structured communication 127): the twelve digits it was asked for with, and why it came back,
    /// `None` where it was paid.
    fn direct_debit(&self) -> Option<(String, Option<String>)> {
        let told: Vec<char> = self.communication.chars().collect();
        if !self.is_structured || told.get(..3)? != ['1', '2', '7'] {
            return None;
        }
        let part = |at: usize, length: usize| -> String { told.iter().skip(at).take(length).collect() };
        let digits: String = part(TOLD_AT, TOLD_CHARS).chars().filter(char::is_ascii_digit).collect();
        if digits.len() != 12 {
            return None;
        }
        let kind = part(TOLD_AT + TOLD_CHARS, 1);
        let reason = part(TOLD_AT + TOLD_CHARS + 1, 4);
        // Rejected, returned, refunded, reversed, cancelled; nothing or 0 was paid.
        let is_back = matches!(kind.as_str(), "1" | "2" | "3" | "4" | "5");
        Some((digits, is_back.then(|| reason.trim().to_owned())))
    }

    /// Structured communications of the types 101 (as it was given) and 102 (as the bank made it whole) are the twelve digits we print; of
    /// other types their text is told as it stands.
    fn told(&self) -> String {
        let (kind, rest) = self.communication.split_at_checked(3).unwrap_or((&self.communication, ""));
        let text = match (self.is_structured, kind) {
            (true, "101" | "102") => rest.chars().take(12).collect(),
            (true, _) => rest.to_owned(),
            (false, _) => self.communication.clone(),
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, Default)]
struct Statement {
    /// Year of the file, which the numbers of statements begin anew in.
    year: i16,
    account: String,
    currency: String,
    number: String,
    balance: i128,
    movements: Vec<Movement>,
}

impl Statement {
    fn begin(&mut self, line: &Line<'_>) -> Result<(), CodaError> {
        let is_old_account = line.field(2, 2) == "0";
        (self.account, self.currency) = if is_old_account {
            (line.trimmed(6, 17), line.trimmed(19, 21))
        } else {
            (line.trimmed(6, 39), line.trimmed(40, 42))
        };
        self.number = line.trimmed(126, 128);
        self.balance = line.amount(43, 44)?.into();
        self.movements.clear();
        Ok(())
    }

    fn movement(&mut self, line: &Line<'_>) -> Result<(), CodaError> {
        let level =
            Level::of(&line.field(54, 61)).ok_or(CodaError::Field(line.number, "transaction code"))?;
        let thousandths = line.amount(32, 33)?;
        if matches!(level, Level::Single | Level::Total) {
            self.balance += i128::from(thousandths);
        }
        self.movements.push(Movement {
            level,
            sequence: line.field(3, 6),
            detail: line.field(7, 10),
            thousandths,
            booked_on: line.date(116)?,
            is_structured: line.field(62, 62) == "1",
            communication: line.field(63, 115),
            payer: String::new(),
            payer_account: String::new(),
        });
        Ok(())
    }

    /// The second or third part of the movement before.
    fn more(&mut self, line: &Line<'_>, communication: (usize, usize)) -> Result<&mut Movement, CodaError> {
        let last = self.movements.last_mut().filter(|last| last.is_continued_by(line));
        let last = last.ok_or(CodaError::Record(line.number))?;
        last.communication.push_str(&line.field(communication.0, communication.1));
        if last.communication.chars().count() > COMMUNICATION_MAX {
            return Err(CodaError::Record(line.number));
        }
        Ok(last)
    }

    /// At the new balance: what came in, and what was taken back of direct debits; a sum only where its parts are not told.
    fn end(&self, line: &Line<'_>, read: &mut Read) -> Result<(), CodaError> {
        if self.balance != i128::from(line.amount(42, 43)?) {
            return Err(CodaError::Balance(line.number));
        }
        for (at, movement) in self.movements.iter().enumerate() {
            let next = self.movements.get(at + 1);
            let has_parts =
                next.is_some_and(|next| next.level == Level::Part && next.sequence == movement.sequence);
            let is_money = match movement.level {
                Level::Single | Level::Part => true,
                Level::Total => !has_parts,
                Level::Particulars => false,
            };
            if !is_money || movement.thousandths == 0 {
                continue;
            }
            if read.payments.len() + read.returns.len() >= PAYMENTS_MAX {
                return Err(CodaError::TooMany);
            }
            let Self { account, year, number, .. } = self;
            let (sequence, detail) = (&movement.sequence, &movement.detail);
            let reference = format!("{account}/{year}/{number}/{sequence}/{detail}");
            // At most 15 digits: a thousand times that is in range.
            let amount = Money::from_micros(movement.thousandths.abs() * 1_000);
            let debit = movement.direct_debit();
            if movement.thousandths < 0 {
                if let Some((end_to_end, Some(reason))) = debit {
                    let currency = self.currency.clone();
                    read.returns.push(BankReturn {
                        reference,
                        end_to_end,
                        amount,
                        original: None,
                        currency,
                        reason,
                    });
                }
                continue;
            }
            read.payments.push(BankPayment {
                reference,
                amount,
                currency: self.currency.clone(),
                booked_on: movement.booked_on,
                communication: movement.told(),
                payer: movement.payer.clone(),
                payer_iban: movement.payer_account.parse().ok(),
                collected: debit.map(|(name, _)| CollectedBy::EndToEnd(name)),
            });
        }
        Ok(())
    }
}

/// The credits of a file and the direct debits it takes back, in its order. A file may hold several statements.
pub fn read(text: &str) -> Result<Read, CodaError> {
    let mut read = Read::default();
    let mut statement: Option<Statement> = None;
    let mut is_open = false;
    for (number, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        if number > LINES_MAX {
            return Err(CodaError::TooMany);
        }
        let line = Line { number, text };
        let misplaced = CodaError::Record(number);
        match (line.field(1, 1).as_str(), line.field(2, 2).as_str()) {
            ("0", _) if statement.is_none() => {
                let version = line.field(128, 128);
                if version != "2" {
                    return Err(CodaError::Version(version));
                }
                let year = line.date(6)?.ok_or(CodaError::Field(number, "date"))?.year();
                statement = Some(Statement { year, ..Statement::default() });
            }
            ("1", _) if !is_open => {
                statement.as_mut().ok_or(misplaced)?.begin(&line)?;
                is_open = true;
            }
            ("2", part) if is_open => {
                let statement = statement.as_mut().ok_or(misplaced)?;
                match part {
                    "1" => statement.movement(&line)?,
                    "2" => {
                        statement.more(&line, (11, 63))?;
                    }
                    "3" => {
                        let movement = statement.more(&line, (83, 125))?;
                        // Account and currency share their place: an IBAN ends at the first blank.
                        let account = line.trimmed(11, 47);
                        account.split(' ').next().unwrap_or_default().clone_into(&mut movement.payer_account);
                        movement.payer = line.trimmed(48, 82);
                    }
                    _ => return Err(CodaError::Record(number)),
                }
            }
            // What the bank adds for people.
            ("3" | "4", _) if statement.is_some() => {}
            ("8", _) if is_open => {
                statement.as_ref().ok_or(misplaced)?.end(&line, &mut read)?;
                is_open = false;
            }
            ("9", _) if !is_open && statement.is_some() => statement = None,
            _ => return Err(misplaced),
        }
    }
    if statement.is_some() { Err(CodaError::CutOff) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// A line with fields at their positions.
    fn line(fields: &[(usize, &str)]) -> String {
        let mut line = vec![' '; 128];
        for (from, text) in fields {
            for (place, c) in text.chars().enumerate() {
                line[from - 1 + place] = c;
            }
        }
        line.into_iter().collect::<String>() + "\r\n"
    }

    fn head() -> String {
        line(&[(1, "0000021122672505        0"), (61, "GEBABEBB"), (128, "2")])
            + &line(&[
                (1, "12210BE82210000088968"),
                (40, "EUR"),
                (43, "0000000100000000"),
                (59, "201226"),
                (65, "VOORBEELD TELECOM"),
                (126, "210"),
            ])
    }

    fn movement(place: (&str, &str), amount: (&str, &str), code: &str, communication: &str) -> String {
        let (sequence, detail) = place;
        line(&[
            (1, "21"),
            (3, sequence),
            (7, detail),
            (11, "0001200002835"),
            (32, amount.0),
            (33, amount.1),
            (48, "211226"),
            (54, code),
            (62, communication),
            (116, "211226210"),
            (125, "0"),
        ])
    }

    fn foot(balance: &str) -> String {
        line(&[(1, "8210BE82210000088968"), (42, "0"), (43, balance), (58, "211226")]) + &line(&[(1, "9")])
    }

    #[test]
    fn a_transfer_with_its_structured_communication_is_read_with_who_paid() {
        let paid = movement(("0001", "0000"), ("0", "000000000288790"), "00150000", "1101260000004214");
        let third =
            line(&[(1, "2300010000"), (11, "BE68539007547034"), (45, "EUR"), (48, "SMID & ZN"), (126, "0")]);
        let text = head() + &paid + &third + &foot("000000100288790");
        let expected = BankPayment {
            reference: "BE82210000088968/2026/210/0001/0000".to_owned(),
            amount: "288.79".parse().unwrap(),
            currency: "EUR".to_owned(),
            booked_on: Some(date(2026, 12, 21)),
            communication: "260000004214".to_owned(),
            payer: "SMID & ZN".to_owned(),
            payer_iban: "BE68539007547034".parse().ok(),
            collected: None,
        };
        assert_eq!(read(&text).map(|read| read.payments), Ok(vec![expected.clone()]));
        assert_eq!(super::super::read(text.as_bytes()).map(|read| read.payments), Ok(vec![expected]));
    }

    #[test]
    fn free_text_goes_over_the_parts_and_files_may_be_of_another_alphabet() {
        let first = movement(
            ("0001", "0000"),
            ("0", "000000000010000"),
            "00150000",
            "0factuur 2026-000042 van novemb",
        );
        let second = line(&[(1, "2200010000"), (11, "ouderlijk caf\u{e9}")]);
        let text = head() + &first + &second + &foot("000000100010000");
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let payments = super::super::read(&latin).unwrap().payments;
        assert_eq!(payments[0].communication, "factuur 2026-000042 van novemb ouderlijk caf\u{e9}");
    }

    #[test]
    fn a_sum_is_its_parts_where_they_are_told_and_debits_and_charges_are_no_payments() {
        let movements = [
            movement(("0001", "0000"), ("0", "000000000030000"), "10150000", "0"),
            movement(("0001", "0001"), ("0", "000000000010000"), "50150000", "0one"),
            movement(("0001", "0002"), ("0", "000000000020000"), "50150000", "0two"),
            movement(("0002", "0000"), ("0", "000000000005000"), "20150000", "0no parts"),
            movement(("0003", "0000"), ("1", "000000000001000"), "00150000", "0ours"),
            movement(("0004", "0000"), ("0", "000000000007000"), "30150000", "0net"),
            movement(("0004", "0001"), ("0", "000000000007500"), "80150000", "0gross"),
        ];
        let payments = read(&(head() + &movements.concat() + &foot("000000100041000"))).unwrap().payments;
        let told: Vec<_> = payments.iter().map(|it| it.communication.as_str()).collect();
        assert_eq!(told, ["one", "two", "no parts", "net"]);
        let mut references: Vec<_> = payments.iter().map(|it| &it.reference).collect();
        references.dedup();
        assert_eq!(references.len(), 4);
    }

    /// A movement with a structured communication of type 127.
    fn debit(sequence: &str, amount: (&str, &str), told: &str, (kind, reason): (&str, &str)) -> String {
        let whole = format!(
            "127040127110{:<35}{:<35}{told:<62}{kind:<1}{reason:<4}",
            "DE98ZZZ09999999999", "MN00000000000000000000000000000001"
        );
        let part = |from: usize, length: usize| -> String { whole.chars().skip(from).take(length).collect() };
        movement((sequence, "0000"), amount, "00501000", &format!("1{}", part(0, 53)))
            + &line(&[(1, "22"), (3, sequence), (7, "0000"), (11, &part(53, 53))])
            + &line(&[(1, "23"), (3, sequence), (7, "0000"), (83, &part(106, 43))])
    }

    #[test]
    fn a_direct_debit_is_told_by_its_twelve_digits_and_so_is_its_return_with_the_reason() {
        let amount = "000000000114950";
        let text = head()
            + &debit("0001", ("0", amount), "+++260/0000/00170+++", ("0", ""))
            + &debit("0002", ("1", amount), "260000000170", ("2", "AM04"))
            // Of another's, of which there are no twelve digits, and what we paid ourselves.
            + &debit("0003", ("1", amount), "rent", ("3", "MD06"))
            + &debit("0004", ("1", amount), "260000000170", ("0", ""))
            + &foot("000000099770100");
        let read = read(&text).unwrap();
        let paid: Vec<_> = read.payments.iter().map(|it| it.collected.clone()).collect();
        assert_eq!(paid, [Some(CollectedBy::EndToEnd("260000000170".to_owned()))]);
        let expected = BankReturn {
            reference: "BE82210000088968/2026/210/0002/0000".to_owned(),
            end_to_end: "260000000170".to_owned(),
            amount: "114.95".parse().unwrap(),
            original: None,
            currency: "EUR".to_owned(),
            reason: "AM04".to_owned(),
        };
        assert_eq!(read.returns, [expected]);
    }

    #[test]
    fn what_is_damaged_is_refused_whole() {
        let paid = movement(("0001", "0000"), ("0", "000000000288790"), "00150000", "0");
        let whole = head() + &paid + &foot("000000100288790");
        assert_eq!(read(&whole).map(|read| read.payments.len()), Ok(1));
        assert_eq!(read(&whole.replacen("288790", "388790", 1)), Err(CodaError::Balance(4)));
        let lines: Vec<&str> = whole.lines().collect();
        assert_eq!(read(&lines[..4].join("\n")), Err(CodaError::CutOff));
        assert_eq!(read(&lines[1..].join("\n")), Err(CodaError::Record(1)));
        assert_eq!(read(&whole.replacen("21000100000", "22000200000", 1)), Err(CodaError::Record(3)));
        assert_eq!(
            read(&whole.replacen("000000000288790", "0000000x0288790", 1)),
            Err(CodaError::Field(3, "amount"))
        );
        assert_eq!(read(&line(&[(1, "0"), (128, "1")])), Err(CodaError::Version("1".to_owned())));
        assert_eq!(super::super::read(b"MT940"), Err(super::super::StatementError::Unknown));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600), head in any::<bool>()) {
            let mut file = if head { super::tests::head().into_bytes() } else { b"0".to_vec() };
            file.extend(bytes);
            let _ = super::super::read(&file);
        }

        #[test]
        fn whatever_stands_in_a_movement_adds_up_or_is_refused(amounts in proptest::collection::vec(0_i64..1_000_000, 1..20)) {
            let movements: String = (1..).zip(&amounts).map(|(place, amount)| {
                movement((&format!("{place:04}"), "0000"), ("0", &format!("{amount:015}")), "00150000", "0x")
            }).collect();
            let total: i64 = amounts.iter().sum();
            let payments = read(&(head() + &movements + &foot(&format!("{:015}", 100_000_000 + total)))).unwrap().payments;
            let read: i64 = payments.iter().map(|payment| payment.amount.micros()).sum();
            prop_assert_eq!(read, total * 1_000);
        }
    }
}
