//! The texts by themselves; the contract suite shows what they do.

use super::*;

#[test]
fn every_write_has_a_text_and_its_placeholders_start_at_one() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let sigil = if dialect == Dialect::Sqlite { "?1" } else { "$1" };
        for write in Write::ALL {
            let text = write_sql(dialect, *write);
            assert!(text.contains(sigil), "{text}");
            assert!(dialect == Dialect::Sqlite || !text.contains("rowid"), "{text}");
        }
    }
}

#[test]
fn a_question_numbers_its_values_by_first_use() {
    let query = queries::calls(
        flexio_domain::AccountSid::from_u128(7),
        &crate::CallFilter { to: Some("b".into()), scope: crate::Scope::Tree, ..Default::default() },
    )
    .list(&crate::Page { after: Some(9), ..Default::default() })
    .build(Dialect::Postgres);
    let text = query.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        text,
        "SELECT c.doc, c.proven_at, c.proven_ms FROM calls c WHERE c.account_sid IN (SELECT t.descendant FROM account_tree t \
         WHERE t.ancestor = $1) AND c.to_address = $2 AND c.sid < $3 ORDER BY c.sid DESC LIMIT $4 OFFSET $5"
    );
    let expected = [
        plan::columns::sid(7),
        plan::columns::text("b"),
        plan::columns::sid(9),
        Value::Int(50),
        Value::Int(0),
    ];
    assert_eq!(query.values, expected);
}

#[test]
fn no_text_of_one_dialect_has_words_of_the_other() {
    let texts = |dialect| every_query(dialect).into_iter().map(|query| query.sql);
    assert!(texts(Dialect::Sqlite).all(|text| !text.contains("strpos") && !text.contains('$')));
    assert!(texts(Dialect::Postgres).all(|text| !text.contains("instr(") && !text.contains('?')));
    assert!(migrations(Dialect::Sqlite)[0].sql.contains(") WITHOUT ROWID"));
    assert!(migrations(Dialect::Postgres)[0].sql.contains("email text COLLATE \"C\" UNIQUE"));
}

#[test]
fn values_do_not_show_in_logs() {
    assert_eq!(format!("{:?}", Value::Text("secret".into())), "text");
}

#[test]
fn every_table_has_been_thought_about_by_erasure() {
    let mut known: Vec<&str> = crate::Kept::ALL.iter().map(|kind| kind.table()).collect();
    known.extend(crate::Swept::ALL.iter().map(|swept| swept.table()));
    known.extend(crate::PARTS.iter().map(|(table, _)| *table));
    known.extend(crate::LEFT.iter().map(|(table, _)| *table));
    let all: Vec<String> = migrations(Dialect::Sqlite)
        .iter()
        .flat_map(|migration| migration.sql.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| Some(line.strip_prefix("CREATE TABLE ")?.split_once(' ')?.0.to_owned()))
        // One that takes another's place has its name from then on.
        .filter(|table| {
            let renamed = format!("ALTER TABLE {table} RENAME TO ");
            !migrations(Dialect::Sqlite).iter().any(|migration| migration.sql.contains(&renamed))
        })
        .collect();
    for table in &all {
        let times = known.iter().filter(|name| *name == table).count();
        assert_eq!(times, 1, "say in `store/src/erasure.rs` what an erasure does with {table}");
    }
    assert_eq!(known.len(), all.len(), "a table that is not there");
}
