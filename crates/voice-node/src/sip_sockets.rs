//! The sockets that SIP is listened on: one address for UDP and TCP, and further ones for connections of other kinds.

use std::io;
use std::net::{IpAddr, SocketAddr};

use flexio_sip::Transport;
use tokio::net::{TcpListener, UdpSocket};

use crate::stream::Door;
use crate::tls::Tls;

/// Bound sockets, before the task runs: the address is known and nothing is answered yet.
pub(crate) struct SipSockets {
    pub udp: UdpSocket,
    pub doors: Vec<Door>,
    pub tls: Option<Tls>,
    pub local: SocketAddr,
}

impl SipSockets {
    /// Binds UDP and TCP to one address; with port 0 both get the same free one.
    pub(crate) async fn bind(listen: SocketAddr) -> io::Result<Self> {
        let mut last = None;
        for _ in 0..16 {
            let tcp = TcpListener::bind(listen).await?;
            let local = tcp.local_addr()?;
            match bind_udp(local) {
                Ok(udp) => {
                    let doors = vec![Door { transport: Transport::Tcp, listener: tcp }];
                    return Ok(Self { udp, doors, tls: None, local });
                }
                Err(error) if listen.port() == 0 => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrInUse)))
    }

    /// Further addresses for connections.
    pub(crate) async fn listen(&mut self, transport: Transport, address: SocketAddr) -> io::Result<()> {
        self.doors.push(Door { transport, listener: TcpListener::bind(address).await? });
        Ok(())
    }

    pub(crate) fn secure(&mut self, tls: Tls) {
        self.tls = Some(tls);
    }

    /// Where connections of each transport come in.
    pub(crate) fn addresses(&self) -> Vec<(Transport, SocketAddr)> {
        let address = |door: &Door| Some((door.transport, door.listener.local_addr().ok()?));
        self.doors.iter().filter_map(address).collect()
    }
}

/// A burst of calls must survive a few milliseconds without a reader, so the kernel keeps up to 8 MiB (or its own maximum).
fn bind_udp(local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(local), socket2::Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    let _ = socket.set_recv_buffer_size(8 << 20);
    let _ = socket.set_send_buffer_size(4 << 20);
    socket.bind(&local.into())?;
    UdpSocket::from_std(socket.into())
}

/// IPv6 sources count by /64: one host has them all.
pub(crate) fn source_key(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() >> 64 << 64).to_be_bytes()),
    }
}
