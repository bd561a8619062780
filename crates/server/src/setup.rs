//! `flexio init`: the data directory and the top account; and the stock of a sandbox.

use anyhow::{Context, Result, bail};
use flexio_app::App;
use flexio_domain::{Account, AccountSid, Capabilities, E164, NumberType, StockNumber};
use flexio_store::{Change, StockFilter};

use crate::cli::{self, Init};
use crate::config::{Config, DataDir};
use crate::platform;

/// Makes the top account and says how to sign in as it.
pub(crate) async fn init(arguments: Init) -> Result<()> {
    let config = Config::load(arguments.place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&arguments.place.data)?;
    let public_url = config.public_url(config.http.listen);
    let app = platform::open_app(&config, &data, &public_url).await?;
    let given = match (arguments.account_sid, arguments.auth_token) {
        (Some(sid), Some(token)) => {
            let sid: AccountSid = sid.parse().context("--account-sid")?;
            if token.len() < 32 {
                bail!("--auth-token must have at least 32 characters");
            }
            Some((sid, token))
        }
        _ => None,
    };
    let (account, token) =
        app.create_root_account("Top account", given).await.context("no top account was made")?;
    if config.sandbox.enabled {
        stock_sandbox(&app).await?;
    }
    let setup_url = setup_link(&app, &account, &public_url).await?;
    let answer = serde_json::json!({
        "account_sid": account.sid.to_string(),
        "auth_token": token,
        "setup_url": setup_url,
    });
    if arguments.place.json {
        return cli::say(&answer.to_string());
    }
    cli::say(&format!("account sid  {}", account.sid))?;
    cli::say(&format!("auth token   {token}"))?;
    cli::say("The token is shown once. Next: flexio serve")?;
    if let Some(url) = &setup_url {
        cli::say(&format!("Then choose a password for the console (within 72 hours, once):\n  {url}"))?;
    }
    Ok(())
}

/// Where the first administrator sets a password; nowhere once there is one.
pub(crate) async fn setup_link(app: &App, root: &Account, public_url: &str) -> Result<Option<String>> {
    let token = app.ensure_administrator(root).await.context("no link for an administrator was made")?;
    // Behind `#` it is not sent to any server, and in no log.
    Ok(token.map(|token| format!("{public_url}/console/welcome#{token}")))
}

/// The top account; on a new installation it is made, and its token returned to be shown once.
pub(crate) async fn ensure_root(app: &App) -> Result<(Account, Option<String>)> {
    match app.store.root_account().await? {
        Some(account) => Ok((account, None)),
        None => {
            let (account, token) = app.create_root_account("Top account", None).await?;
            Ok((account, Some(token)))
        }
    }
}

/// Test numbers for a sandbox that has none: 120 geographic, 20 mobile, 10 toll-free, all with calls and messages.
pub(crate) async fn stock_sandbox(app: &App) -> Result<()> {
    let any = StockFilter { country: Some("BE".to_owned()), ..StockFilter::default() };
    if !app.store.stock(&any, 1).await?.is_empty() {
        return Ok(());
    }
    // Brussels, Antwerp, Ghent, Liège; then a mobile and a toll-free block.
    let blocks = [
        ("+3225880", NumberType::Local, 60),
        ("+3235880", NumberType::Local, 20),
        ("+3292880", NumberType::Local, 20),
        ("+3242880", NumberType::Local, 20),
        ("+32460000", NumberType::Mobile, 20),
        ("+3280015", NumberType::TollFree, 10),
    ];
    let mut numbers = Vec::new();
    for (prefix, number_type, count) in blocks {
        for n in 100..100 + count {
            let number: E164 = format!("{prefix}{n:03}").parse().context("a number of the sandbox")?;
            let capabilities = Capabilities { voice: true, sms: true, mms: false, fax: false };
            numbers.push(StockNumber { number, country: "BE".to_owned(), number_type, capabilities });
        }
    }
    app.store.commit(Change::ImportStock(numbers).into()).await?;
    Ok(())
}
