//! From the form of the database to the newest form, forward only.

use flexio_store::relational::{Dialect, migrations};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::OpenError;

/// Key of the lock under which one program at a time migrates: "flexio" in ASCII.
const LOCK: i64 = 0x666c_6578_696f;

/// Brings the database to the newest form; whether its server waits for the disk when it commits.
pub async fn to_newest(config: &Config, tls: &MakeRustlsConnect) -> Result<bool, OpenError> {
    let (mut client, connection) = config.connect(tls.clone()).await?;
    let driver = tokio::spawn(connection);
    let outcome = migrate(&mut client).await;
    drop(client);
    // It ends with its client; an error of it has come out of the client already.
    let _ = driver.await;
    outcome
}

async fn migrate(client: &mut Client) -> Result<bool, OpenError> {
    let migrations = migrations(Dialect::Postgres);
    let known = migrations.last().map_or(0, |migration| migration.number);
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction.batch_execute("CREATE TABLE IF NOT EXISTS schema_form (form bigint NOT NULL)").await?;
    let found: i64 =
        transaction.query_one("SELECT coalesce(max(form), 0) FROM schema_form", &[]).await?.get(0);
    if found > i64::from(known) {
        return Err(OpenError::Newer { found: u32::try_from(found).unwrap_or(u32::MAX), known });
    }
    for migration in migrations.iter().filter(|migration| i64::from(migration.number) > found) {
        transaction.batch_execute(&migration.sql).await?;
        let number = i64::from(migration.number);
        transaction.execute("INSERT INTO schema_form (form) VALUES ($1)", &[&number]).await?;
    }
    transaction.commit().await?;
    let fsync: String = client.query_one("SHOW fsync", &[]).await?.get(0);
    Ok(fsync == "on")
}
