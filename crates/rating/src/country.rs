//! Countries by the digits their numbers begin with (ITU-T E.164, list of assigned country codes; for +1 the area codes that the North
//! American Numbering Plan Administrator gives other countries than the United States).

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A country that has telephone numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166 alpha-2.
    pub iso: &'static str,
    /// English short name.
    pub name: &'static str,
    /// What its numbers begin with, without `+`; where prefixes of two countries fit a number, the longer one counts.
    pub prefixes: Vec<&'static str>,
}

impl Country {
    /// Every country, by ISO code.
    pub fn all() -> &'static [Self] {
        &COUNTRIES
    }

    /// The country of this ISO code, in capitals.
    pub fn of_iso(iso: &str) -> Option<&'static Self> {
        COUNTRIES.binary_search_by(|country| country.iso.cmp(iso)).ok().map(|index| &COUNTRIES[index])
    }

    /// The country whose numbers begin like `digits`, which follow a `+`.
    pub fn of_digits(digits: &str) -> Option<&'static Self> {
        let longest = digits.len().min(PREFIX_MAX);
        (1..=longest).rev().find_map(|length| {
            let index = PREFIXES.get(digits.get(..length)?)?;
            Some(&COUNTRIES[*index])
        })
    }
}

/// Country codes of two digits (ITU-T E.164); 1 and 7 have one, all others three.
const OF_TWO_DIGITS: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
    "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// The country code that `digits`, which follow a `+`, begin with. Countries may share one, as those of the North American plan do.
pub fn calling_code(digits: &str) -> Option<&str> {
    let length = match digits.get(..2)? {
        two if two.starts_with(['1', '7']) => 1,
        two if OF_TWO_DIGITS.contains(&two) => 2,
        _ => 3,
    };
    digits.get(..length)
}

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let mut countries: Vec<Country> = ASSIGNED
        .iter()
        .map(|&(iso, name, prefixes)| Country { iso, name, prefixes: prefixes.split(' ').collect() })
        .collect();
    countries.sort_by_key(|country| country.iso);
    countries
});

/// To an index of [`COUNTRIES`].
static PREFIXES: LazyLock<BTreeMap<&'static str, usize>> = LazyLock::new(|| {
    let of = |(index, country): (usize, &Country)| {
        country.prefixes.iter().map(move |prefix| (*prefix, index)).collect::<Vec<_>>()
    };
    COUNTRIES.iter().enumerate().flat_map(of).collect()
});

/// Digits of the longest prefix of the table.
const PREFIX_MAX: usize = 7;

const ASSIGNED: &[(&str, &str, &str)] = &[
    ("AC", "Ascension", "247"),
    ("AD", "Andorra", "376"),
    ("AE", "United Arab Emirates", "971"),
    ("AF", "Afghanistan", "93"),
    ("AG", "Antigua and Barbuda", "1268"),
    ("AI", "Anguilla", "1264"),
    ("AL", "Albania", "355"),
    ("AM", "Armenia", "374"),
    ("AO", "Angola", "244"),
    ("AR", "Argentina", "54"),
    ("AS", "American Samoa", "1684"),
    ("AT", "Austria", "43"),
    ("AU", "Australia", "61"),
    ("AW", "Aruba", "297"),
    ("AX", "Åland Islands", "35818"),
    ("AZ", "Azerbaijan", "994"),
    ("BA", "Bosnia and Herzegovina", "387"),
    ("BB", "Barbados", "1246"),
    ("BD", "Bangladesh", "880"),
    ("BE", "Belgium", "32"),
    ("BF", "Burkina Faso", "226"),
    ("BG", "Bulgaria", "359"),
    ("BH", "Bahrain", "973"),
    ("BI", "Burundi", "257"),
    ("BJ", "Benin", "229"),
    ("BM", "Bermuda", "1441"),
    ("BN", "Brunei Darussalam", "673"),
    ("BO", "Bolivia", "591"),
    ("BQ", "Bonaire, Sint Eustatius and Saba", "5993 5994 5997"),
    ("BR", "Brazil", "55"),
    ("BS", "Bahamas", "1242"),
    ("BT", "Bhutan", "975"),
    ("BW", "Botswana", "267"),
    ("BY", "Belarus", "375"),
    ("BZ", "Belize", "501"),
    (
        "CA",
        "Canada",
        "1204 1226 1236 1249 1250 1257 1263 1289 1306 1343 1354 1365 1367 1368 1382 1403 1416 1418 1428 1431 1437 1438 1450 1460 1468 \
         1474 1506 1514 1519 1537 1548 1579 1581 1584 1587 1604 1613 1639 1647 1672 1683 1705 1709 1742 1753 1778 1780 1782 1807 1819 \
         1825 1867 1873 1879 1902 1905 1942",
    ),
    ("CC", "Cocos (Keeling) Islands", "6189162"),
    ("CD", "Congo, Democratic Republic of the", "243"),
    ("CF", "Central African Republic", "236"),
    ("CG", "Congo", "242"),
    ("CH", "Switzerland", "41"),
    ("CI", "Côte d'Ivoire", "225"),
    ("CK", "Cook Islands", "682"),
    ("CL", "Chile", "56"),
    ("CM", "Cameroon", "237"),
    ("CN", "China", "86"),
    ("CO", "Colombia", "57"),
    ("CR", "Costa Rica", "506"),
    ("CU", "Cuba", "53"),
    ("CV", "Cabo Verde", "238"),
    ("CW", "Curaçao", "599"),
    ("CX", "Christmas Island", "6189164"),
    ("CY", "Cyprus", "357"),
    ("CZ", "Czechia", "420"),
    ("DE", "Germany", "49"),
    ("DJ", "Djibouti", "253"),
    ("DK", "Denmark", "45"),
    ("DM", "Dominica", "1767"),
    ("DO", "Dominican Republic", "1809 1829 1849"),
    ("DZ", "Algeria", "213"),
    ("EC", "Ecuador", "593"),
    ("EE", "Estonia", "372"),
    ("EG", "Egypt", "20"),
    ("ER", "Eritrea", "291"),
    ("ES", "Spain", "34"),
    ("ET", "Ethiopia", "251"),
    ("FI", "Finland", "358"),
    ("FJ", "Fiji", "679"),
    ("FK", "Falkland Islands", "500"),
    ("FM", "Micronesia", "691"),
    ("FO", "Faroe Islands", "298"),
    ("FR", "France", "33"),
    ("GA", "Gabon", "241"),
    ("GB", "United Kingdom", "44"),
    ("GD", "Grenada", "1473"),
    ("GE", "Georgia", "995"),
    ("GF", "French Guiana", "594"),
    ("GG", "Guernsey", "441481"),
    ("GH", "Ghana", "233"),
    ("GI", "Gibraltar", "350"),
    ("GL", "Greenland", "299"),
    ("GM", "Gambia", "220"),
    ("GN", "Guinea", "224"),
    ("GP", "Guadeloupe", "590"),
    ("GQ", "Equatorial Guinea", "240"),
    ("GR", "Greece", "30"),
    ("GT", "Guatemala", "502"),
    ("GU", "Guam", "1671"),
    ("GW", "Guinea-Bissau", "245"),
    ("GY", "Guyana", "592"),
    ("HK", "Hong Kong", "852"),
    ("HN", "Honduras", "504"),
    ("HR", "Croatia", "385"),
    ("HT", "Haiti", "509"),
    ("HU", "Hungary", "36"),
    ("ID", "Indonesia", "62"),
    ("IE", "Ireland", "353"),
    ("IL", "Israel", "972"),
    ("IM", "Isle of Man", "441624"),
    ("IN", "India", "91"),
    ("IO", "British Indian Ocean Territory", "246"),
    ("IQ", "Iraq", "964"),
    ("IR", "Iran", "98"),
    ("IS", "Iceland", "354"),
    ("IT", "Italy", "39"),
    ("JE", "Jersey", "441534"),
    ("JM", "Jamaica", "1658 1876"),
    ("JO", "Jordan", "962"),
    ("JP", "Japan", "81"),
    ("KE", "Kenya", "254"),
    ("KG", "Kyrgyzstan", "996"),
    ("KH", "Cambodia", "855"),
    ("KI", "Kiribati", "686"),
    ("KM", "Comoros", "269"),
    ("KN", "Saint Kitts and Nevis", "1869"),
    ("KP", "Korea, Democratic People's Republic of", "850"),
    ("KR", "Korea, Republic of", "82"),
    ("KW", "Kuwait", "965"),
    ("KY", "Cayman Islands", "1345"),
    ("KZ", "Kazakhstan", "76 77"),
    ("LA", "Lao People's Democratic Republic", "856"),
    ("LB", "Lebanon", "961"),
    ("LC", "Saint Lucia", "1758"),
    ("LI", "Liechtenstein", "423"),
    ("LK", "Sri Lanka", "94"),
    ("LR", "Liberia", "231"),
    ("LS", "Lesotho", "266"),
    ("LT", "Lithuania", "370"),
    ("LU", "Luxembourg", "352"),
    ("LV", "Latvia", "371"),
    ("LY", "Libya", "218"),
    ("MA", "Morocco", "212"),
    ("MC", "Monaco", "377"),
    ("MD", "Moldova", "373"),
    ("ME", "Montenegro", "382"),
    ("MG", "Madagascar", "261"),
    ("MH", "Marshall Islands", "692"),
    ("MK", "North Macedonia", "389"),
    ("ML", "Mali", "223"),
    ("MM", "Myanmar", "95"),
    ("MN", "Mongolia", "976"),
    ("MO", "Macao", "853"),
    ("MP", "Northern Mariana Islands", "1670"),
    ("MQ", "Martinique", "596"),
    ("MR", "Mauritania", "222"),
    ("MS", "Montserrat", "1664"),
    ("MT", "Malta", "356"),
    ("MU", "Mauritius", "230"),
    ("MV", "Maldives", "960"),
    ("MW", "Malawi", "265"),
    ("MX", "Mexico", "52"),
    ("MY", "Malaysia", "60"),
    ("MZ", "Mozambique", "258"),
    ("NA", "Namibia", "264"),
    ("NC", "New Caledonia", "687"),
    ("NE", "Niger", "227"),
    ("NF", "Norfolk Island", "6723"),
    ("NG", "Nigeria", "234"),
    ("NI", "Nicaragua", "505"),
    ("NL", "Netherlands", "31"),
    ("NO", "Norway", "47"),
    ("NP", "Nepal", "977"),
    ("NR", "Nauru", "674"),
    ("NU", "Niue", "683"),
    ("NZ", "New Zealand", "64"),
    ("OM", "Oman", "968"),
    ("PA", "Panama", "507"),
    ("PE", "Peru", "51"),
    ("PF", "French Polynesia", "689"),
    ("PG", "Papua New Guinea", "675"),
    ("PH", "Philippines", "63"),
    ("PK", "Pakistan", "92"),
    ("PL", "Poland", "48"),
    ("PM", "Saint Pierre and Miquelon", "508"),
    ("PR", "Puerto Rico", "1787 1939"),
    ("PS", "Palestine", "970"),
    ("PT", "Portugal", "351"),
    ("PW", "Palau", "680"),
    ("PY", "Paraguay", "595"),
    ("QA", "Qatar", "974"),
    ("RE", "Réunion", "262"),
    ("RO", "Romania", "40"),
    ("RS", "Serbia", "381"),
    ("RU", "Russian Federation", "7"),
    ("RW", "Rwanda", "250"),
    ("SA", "Saudi Arabia", "966"),
    ("SB", "Solomon Islands", "677"),
    ("SC", "Seychelles", "248"),
    ("SD", "Sudan", "249"),
    ("SE", "Sweden", "46"),
    ("SG", "Singapore", "65"),
    ("SH", "Saint Helena and Tristan da Cunha", "290"),
    ("SI", "Slovenia", "386"),
    ("SJ", "Svalbard and Jan Mayen", "4779"),
    ("SK", "Slovakia", "421"),
    ("SL", "Sierra Leone", "232"),
    ("SM", "San Marino", "378"),
    ("SN", "Senegal", "221"),
    ("SO", "Somalia", "252"),
    ("SR", "Suriname", "597"),
    ("SS", "South Sudan", "211"),
    ("ST", "Sao Tome and Principe", "239"),
    ("SV", "El Salvador", "503"),
    ("SX", "Sint Maarten", "1721"),
    ("SY", "Syrian Arab Republic", "963"),
    ("SZ", "Eswatini", "268"),
    ("TC", "Turks and Caicos Islands", "1649"),
    ("TD", "Chad", "235"),
    ("TG", "Togo", "228"),
    ("TH", "Thailand", "66"),
    ("TJ", "Tajikistan", "992"),
    ("TK", "Tokelau", "690"),
    ("TL", "Timor-Leste", "670"),
    ("TM", "Turkmenistan", "993"),
    ("TN", "Tunisia", "216"),
    ("TO", "Tonga", "676"),
    ("TR", "Türkiye", "90"),
    ("TT", "Trinidad and Tobago", "1868"),
    ("TV", "Tuvalu", "688"),
    ("TW", "Taiwan", "886"),
    ("TZ", "Tanzania", "255"),
    ("UA", "Ukraine", "380"),
    ("UG", "Uganda", "256"),
    ("US", "United States", "1"),
    ("UY", "Uruguay", "598"),
    ("UZ", "Uzbekistan", "998"),
    ("VA", "Holy See", "379 3906698"),
    ("VC", "Saint Vincent and the Grenadines", "1784"),
    ("VE", "Venezuela", "58"),
    ("VG", "Virgin Islands (British)", "1284"),
    ("VI", "Virgin Islands (U.S.)", "1340"),
    ("VN", "Viet Nam", "84"),
    ("VU", "Vanuatu", "678"),
    ("WF", "Wallis and Futuna", "681"),
    ("WS", "Samoa", "685"),
    ("XK", "Kosovo", "383"),
    ("YE", "Yemen", "967"),
    ("YT", "Mayotte", "262269 262639"),
    ("ZA", "South Africa", "27"),
    ("ZM", "Zambia", "260"),
    ("ZW", "Zimbabwe", "263"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_tells_the_country() {
        for (digits, iso) in [
            ("32470123456", "BE"),
            ("33142345678", "FR"),
            ("12125550100", "US"),
            ("14165550100", "CA"),
            ("18765550100", "JM"),
            ("74951234567", "RU"),
            ("77271234567", "KZ"),
            ("390669812345", "VA"),
            ("390612345678", "IT"),
            ("441481123456", "GG"),
            ("442071234567", "GB"),
            ("59991234567", "CW"),
            ("5997123456", "BQ"),
            ("61891621234", "CC"),
        ] {
            assert_eq!(Country::of_digits(digits).unwrap().iso, iso, "{digits}");
        }
        for nobody in ["", "0", "999", "8811234", "21"] {
            assert_eq!(Country::of_digits(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn the_country_code_is_what_numbers_begin_with() {
        for (digits, code) in [
            ("32470123456", "32"),
            ("18765550100", "1"),
            ("77271234567", "7"),
            ("352621123456", "352"),
            ("390669812345", "39"),
        ] {
            assert_eq!(calling_code(digits), Some(code), "{digits}");
        }
        assert_eq!(calling_code("3"), None);
        for country in Country::all() {
            let of = |prefix: &&'static str| calling_code(&format!("{prefix}00")).map(str::to_owned);
            let first = country.prefixes.first().and_then(of);
            let shared = country.prefixes.iter().all(|prefix| of(prefix) == first);
            assert!(shared || country.iso == "VA", "{country:?}");
        }
    }

    #[test]
    fn every_country_is_found_by_its_code_and_no_prefix_is_of_two() {
        let mut prefixes = 0;
        for country in Country::all() {
            assert_eq!(Country::of_iso(country.iso), Some(country));
            for prefix in &country.prefixes {
                prefixes += 1;
                assert_eq!(Country::of_digits(prefix), Some(country), "{prefix}");
                assert!(prefix.len() <= PREFIX_MAX && prefix.bytes().all(|b| b.is_ascii_digit()), "{prefix}");
            }
        }
        assert_eq!(PREFIXES.len(), prefixes);
        assert_eq!(Country::of_iso("be"), None);
    }
}
