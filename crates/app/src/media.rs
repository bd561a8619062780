//! Pictures and files of messages: where they come from, how they are kept, who sees them.
//!
//! No carrier of this platform takes media, so whoever is reached through one gets a link in the text; who has a number of the platform gets
//! the files themselves. They lie in the database, sealed under the account's key, and go with the text of their message.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_domain::*;
use flexio_messaging::media::kind_of;
use flexio_store::{Change, KeptMedia, MediaFilter, MessagingChange, Page, StoreError};
use tokio::task::JoinSet;

use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::{App, CreateMessage, check_url, vault};

/// Files of one message.
const FILES_MAX: usize = 10;
/// Bytes of all of them.
const BYTES_MAX: usize = 5 * 1024 * 1024;
/// Letters and digits of a link: 95 random bits.
const LINK_CHARS: usize = 16;

/// Gets files from where a customer says they are. The guard over what may be asked is its own.
#[async_trait]
pub trait MediaSource: Send + Sync + std::fmt::Debug {
    /// The bytes behind an absolute URL.
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, MediaFault>;
}

/// Why there are no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaFault {
    /// It cannot be had; why, without anything from inside the platform.
    Unreachable(String),
    /// There are more bytes than are taken.
    TooLarge,
}

/// A picture or file with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFile {
    /// Media type, as its bytes say.
    pub content_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl App {
    /// Names who gets files for messages; the first one stays.
    pub fn set_media_source(&self, source: Arc<dyn MediaSource>) {
        if self.media_source.set(source).is_err() {
            tracing::warn!("the source of media was set twice; the first stays");
        }
    }

    /// Checks the addresses of what a message is to carry, and ends its text in a link to each where no route takes them. Gives the secret
    /// parts of the links, in the order of the addresses.
    pub(crate) async fn with_links(
        &self,
        account: AccountSid,
        new: &mut CreateMessage,
    ) -> Result<Vec<String>, AppError> {
        if new.media.is_empty() {
            return Ok(Vec::new());
        }
        if new.media.len() > FILES_MAX {
            return Err(ErrorCode::TooManyMedia.into());
        }
        for url in &new.media {
            check_url(url, ErrorCode::MediaUrlInvalid)?;
        }
        let links: Vec<String> = new.media.iter().map(|_| vault::new_password(LINK_CHARS)).collect();
        if self.takes_media(&new.to).await? {
            return Ok(links);
        }
        let service = self.named_service(account, new.service).await?;
        if service.is_some_and(|service| !service.mms_converter) {
            return Err(ErrorCode::MediaNotCarried.into());
        }
        for link in &links {
            if !new.body.0.is_empty() {
                new.body.0.push('\n');
            }
            new.body.0.push_str(&format!("{}/m/{link}", self.config.public_base_url));
        }
        Ok(links)
    }

    /// Whether what is sent there arrives with its files: at a number of the platform.
    async fn takes_media(&self, to: &Address) -> Result<bool, AppError> {
        let Some(number) = to.number() else { return Ok(false) };
        Ok(self.owner_of(number).await?.is_some_and(|owned| owned.capabilities.sms))
    }

    /// Gets what a message is to carry, all at once, and looks at it.
    pub(crate) async fn fetch_media(&self, urls: &[String]) -> Result<Vec<MediaFile>, AppError> {
        if urls.is_empty() {
            return Ok(Vec::new());
        }
        let source = self.media_source.get().ok_or(ErrorCode::Unavailable)?;
        let mut fetches = JoinSet::new();
        for (at, url) in urls.iter().cloned().enumerate() {
            let source = Arc::clone(source);
            fetches.spawn(async move { (at, source.fetch(&url).await) });
        }
        let mut files: Vec<Option<MediaFile>> = vec![None; urls.len()];
        let mut left = BYTES_MAX;
        while let Some(fetched) = fetches.join_next().await {
            let (at, bytes) = fetched.map_err(|error| StoreError::Broken(error.into()))?;
            let bytes = bytes.map_err(|fault| match fault {
                MediaFault::TooLarge => ErrorCode::MediaTooLarge.into(),
                MediaFault::Unreachable(why) => {
                    refuse(ErrorCode::MediaNotFetched, format!("MediaUrl {} cannot be had: {why}.", at + 1))
                }
            })?;
            left = left.checked_sub(bytes.len()).ok_or(ErrorCode::MediaTooLarge)?;
            let (content_type, _) = kind_of(&bytes).ok_or(ErrorCode::MediaKindRefused)?;
            files[at] = Some(MediaFile { content_type: content_type.to_owned(), bytes });
        }
        Ok(files.into_iter().flatten().collect())
    }

    /// The changes that keep files with a message.
    pub(crate) async fn keep_media(
        &self,
        (account_sid, message_sid): (AccountSid, MessageSid),
        files: Vec<MediaFile>,
        links: Vec<String>,
    ) -> Result<Vec<Change>, AppError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let (key, now) = (self.account_key(account_sid).await?, self.clock.now());
        let kept = |(file, link): (MediaFile, String)| {
            let sid = MediaSid::new();
            let content = key.seal(&sid.to_string(), &file.bytes);
            let media = MessageMedia {
                sid,
                account_sid,
                message_sid,
                content_type: file.content_type,
                bytes: file.bytes.len() as u64,
                link: Pii(link),
                created_at: now,
                updated_at: now,
            };
            MessagingChange::AddMedia(Box::new(KeptMedia { media, content })).into()
        };
        Ok(files.into_iter().zip(links).map(kept).collect())
    }

    /// Copies of what a message carries, for the account it comes to.
    pub(crate) async fn copies_of_media(
        &self,
        of: Vec<MessageMedia>,
        to: (AccountSid, MessageSid),
    ) -> Result<Vec<Change>, AppError> {
        let (mut files, mut links) = (Vec::new(), Vec::new());
        for media in of {
            links.push(vault::new_password(LINK_CHARS));
            files
                .push(MediaFile { bytes: self.media_bytes(&media).await?, content_type: media.content_type });
        }
        self.keep_media(to, files, links).await
    }

    /// What a message carries, in order; nothing is asked where it carries nothing.
    pub async fn media_of(&self, message: &Message) -> Result<Vec<MessageMedia>, AppError> {
        if message.media == 0 {
            return Ok(Vec::new());
        }
        let filter = MediaFilter { message: Some(message.sid), ..MediaFilter::default() };
        let page = Page { limit: u32::from(message.media), ..Page::default() };
        let mut found = self.store.medias(message.account_sid, &filter, &page).await?;
        found.sort_by_key(|media| media.sid);
        Ok(found)
    }

    /// One picture or file of a message.
    pub async fn media(
        &self,
        account: AccountSid,
        message: MessageSid,
        sid: MediaSid,
    ) -> Result<MessageMedia, AppError> {
        self.store.media(account, message, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Pictures and files. Newest first.
    pub async fn medias(
        &self,
        account: AccountSid,
        filter: &MediaFilter,
        page: &Page,
    ) -> Result<Vec<MessageMedia>, AppError> {
        Ok(self.store.medias(account, filter, page).await?)
    }

    /// How many match.
    pub async fn count_medias(&self, account: AccountSid, filter: &MediaFilter) -> Result<u64, AppError> {
        Ok(self.store.count_medias(account, filter).await?)
    }

    /// The bytes of one; `NotFound` once they, or the key of the account, are gone.
    pub async fn media_bytes(&self, media: &MessageMedia) -> Result<Vec<u8>, AppError> {
        let sealed = self.store.media_content(media.account_sid, media.message_sid, media.sid).await?;
        let key = self.known_account_key(media.account_sid).await?;
        let (Some(sealed), Some(key)) = (sealed, key) else { return Err(ErrorCode::NotFound.into()) };
        Ok(key.open(&media.sid.to_string(), &sealed)?)
    }

    /// What is behind a link, for whoever has it. Nothing of an account that is closed.
    pub async fn media_by_link(&self, link: &str) -> Result<MessageMedia, AppError> {
        let found = if link.len() == LINK_CHARS { self.store.media_by_link(link).await? } else { None };
        let media = found.ok_or(ErrorCode::NotFound)?;
        let account = self.account_now(media.account_sid).await?;
        let is_open = account.is_some_and(|account| account.status != AccountStatus::Closed);
        if is_open { Ok(media) } else { Err(ErrorCode::NotFound.into()) }
    }

    /// Whether everybody may see what the account's messages carry who knows its address.
    pub async fn media_is_open(&self, account: AccountSid) -> Result<bool, AppError> {
        let account = self.account_now(account).await?;
        Ok(account.is_some_and(|it| !it.protected_media && it.status != AccountStatus::Closed))
    }

    /// Deletes a picture or file; links to it lead nowhere from then on.
    pub async fn delete_media(
        &self,
        account: &Account,
        message: MessageSid,
        sid: MediaSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        let of = self.message(account.sid, message).await?;
        self.must_not_be_held(account.sid, &[&of.from, &of.to]).await?;
        let change = MessagingChange::DeleteMedia(account.sid, message, sid);
        match self.store.commit(Change::from(change).into()).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => Ok(done?),
        }
    }
}
