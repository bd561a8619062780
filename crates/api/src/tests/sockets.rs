//! The server over real sockets: slow clients and the end of work.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::world::World;
use crate::{ApiConfig, serve};

struct Running {
    address: std::net::SocketAddr,
    stop: Arc<Notify>,
    done: tokio::task::JoinHandle<()>,
}

async fn start(world: &World, config: ApiConfig) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Arc::new(Notify::new());
    let (router, stopped) = (world.router.clone(), Arc::clone(&stop));
    let done = tokio::spawn(async move {
        serve(
            listener,
            None,
            router,
            &config,
            async move { stopped.notified().await },
            Duration::from_secs(5),
        )
        .await;
    });
    Running { address, stop, done }
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn requests_are_answered_until_the_end_and_the_end_comes() {
    let world = World::new().await;
    let running = start(&world, ApiConfig::default()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    let idle = TcpStream::connect(running.address).await.unwrap();
    running.stop.notify_one();
    running.done.await.unwrap();
    drop(idle);
    assert!(TcpStream::connect(running.address).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_cut_off() {
    let world = World::new().await;
    let running = start(&world, ApiConfig { head_timeout_s: 1, ..ApiConfig::default() }).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHos").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), answer(&mut stream)).await;
    assert!(ended.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn a_head_that_is_not_http_is_refused_and_others_go_on() {
    let world = World::new().await;
    let running = start(&world, ApiConfig::default()).await;
    let mut broken = TcpStream::connect(running.address).await.unwrap();
    broken.write_all(b"\x16\x03\x01 hello\r\n\r\n").await.unwrap();
    broken.shutdown().await.unwrap();
    let refused = answer(&mut broken).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 400"), "{refused}");
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.contains("\"status\":\"ready\""));
}
