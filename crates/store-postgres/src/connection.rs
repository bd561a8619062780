//! One connection that writes: its prepared statements, its shard of the balances, pipelining.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use flexio_store::relational::{Dialect, Query, Step, Value, Write, write_sql};
use futures_util::future::poll_immediate;
use tokio::task::JoinHandle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::bulk::{self, Rows};
use crate::values::{Argument, arguments};

/// Key of the locks that give each writer its shard of the balances: "shar" in ASCII; the second key is the shard.
const SHARD_LOCK: i32 = 0x7368_6172;

/// A writer's connection. The task that drives it ends with it.
pub struct Connection {
    client: Client,
    driver: JoinHandle<Result<(), Error>>,
    shard: i32,
    singles: HashMap<Write, Statement>,
    groups: HashMap<Write, Statement>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects, asks for commits that wait for the disk, and takes the lowest shard that no other writer has.
    pub async fn open(config: &Config, tls: &MakeRustlsConnect) -> Result<Self, Error> {
        let (client, connection) = config.connect(tls.clone()).await?;
        let driver = tokio::spawn(connection);
        let mut opened = Self { client, driver, shard: 0, singles: HashMap::new(), groups: HashMap::new() };
        opened.command("SET synchronous_commit = on").await?;
        // The lock is the session's: the server gives it back when the connection ends, however it ends.
        while !opened.lock_shard().await? {
            opened.shard += 1;
        }
        Ok(opened)
    }

    async fn lock_shard(&self) -> Result<bool, Error> {
        let row =
            self.client.query_one("SELECT pg_try_advisory_lock($1, $2)", &[&SHARD_LOCK, &self.shard]).await?;
        row.try_get(0)
    }

    /// Whether it can still be used.
    pub fn is_alive(&self) -> bool {
        !self.client.is_closed()
    }

    /// The shard of the balances that only this connection writes.
    pub fn shard(&self) -> i64 {
        self.shard.into()
    }

    /// Runs a command without values.
    pub async fn command(&self, text: &str) -> Result<(), Error> {
        self.client.batch_execute(text).await
    }

    /// Ends a transaction that failed. If even that fails the connection is dead, which its next use shows.
    pub async fn roll_back(&self) {
        let _ = self.command("ROLLBACK").await;
    }

    async fn single(&mut self, write: Write) -> Result<Statement, Error> {
        if let Some(statement) = self.singles.get(&write) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&write_sql(Dialect::Postgres, write)).await?;
        self.singles.insert(write, statement.clone());
        Ok(statement)
    }

    async fn grouped(&mut self, write: Write) -> Result<Statement, Error> {
        if let Some(statement) = self.groups.get(&write) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = self.single(write).await?.params().to_vec();
        let statement = self.client.prepare(&bulk::text(write, &types)).await?;
        self.groups.insert(write, statement.clone());
        Ok(statement)
    }

    /// Runs one step: the number of rows it touched.
    pub async fn write(&mut self, step: &Step) -> Result<u64, Error> {
        let statement = self.single(step.write).await?;
        if step.write.shard().is_some() {
            let mut mine = step.clone();
            mine.set_shard(self.shard());
            return self.client.execute_raw(&statement, arguments(&mine.values)).await;
        }
        self.client.execute_raw(&statement, arguments(&step.values)).await
    }

    /// The document of a fact that is there already.
    pub async fn stored_fact(&self, query: &Query) -> Result<Option<String>, Error> {
        let values: Vec<Argument<'_>> = arguments(&query.values).collect();
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client.query_opt(&*query.sql, &values).await?.map(|row| row.try_get(0)).transpose()
    }

    /// Runs `begin`, which makes a savepoint, and writes the groups behind it, without waiting between the statements: whether each
    /// touched the rows it must.
    pub async fn write_groups(&mut self, begin: &str, groups: &[Rows<'_>]) -> Result<bool, Error> {
        let mut statements = Vec::with_capacity(groups.len());
        for group in groups {
            statements.push(self.grouped(group.write).await?);
        }
        let arrays: Vec<Vec<Vec<Argument<'_>>>> = groups.iter().map(arrays).collect();
        let client = &self.client;
        let savepoint: Sent<'_> = Box::pin(async move { client.batch_execute(begin).await.map(|()| 0) });
        let mut sent: Vec<Sent<'_>> = vec![savepoint];
        for (statement, arrays) in statements.iter().zip(&arrays) {
            let columns = arrays.iter().map(|column| column as &(dyn ToSql + Sync));
            let columns: Vec<_> = columns.collect();
            sent.push(Box::pin(async move { client.execute(statement, &columns).await }));
        }
        // A first poll puts each request on the wire, in order; the answers come in the same order.
        let mut answers = Vec::with_capacity(sent.len());
        for request in &mut sent {
            answers.push(poll_immediate(request.as_mut()).await);
        }
        let mut touched = Vec::with_capacity(sent.len());
        for (request, answer) in sent.iter_mut().zip(answers) {
            touched.push(match answer {
                Some(answer) => answer,
                None => request.as_mut().await,
            });
        }
        let touched: Vec<u64> = touched.into_iter().collect::<Result<_, _>>()?;
        let as_expected =
            |(group, rows): (&Rows<'_>, &u64)| group.expected.is_none_or(|expected| expected == *rows);
        Ok(groups.iter().zip(&touched[1..]).all(as_expected))
    }
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>>;

fn arrays<'a>(group: &Rows<'a>) -> Vec<Vec<Argument<'a>>> {
    let column = |values: &Vec<&'a Value>| values.iter().map(|value| Argument(value)).collect();
    group.columns.iter().map(column).collect()
}
