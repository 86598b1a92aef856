//! A web server that has one file and every bad habit.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What the server does with a request.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "not every test crate has use for every habit")]
pub enum Habit {
    /// Sends the file, or the part that is asked for.
    Good,
    /// As good, but stops after so many bytes.
    BreaksOff(usize),
    /// Announces this size and sends the whole file.
    Announces(u64),
    /// Sends the whole file whatever is asked for.
    IgnoresRange,
    /// Sends a part that begins so many bytes too early.
    WrongRange(usize),
    /// Sends no size.
    Unsized,
    /// Answers with this status line and header.
    Answers(&'static str, &'static str),
    /// Sends the client elsewhere.
    Redirects(String),
    /// Sends so many bytes of what is asked for, or nothing at all, and waits.
    Hangs(Option<usize>),
    /// Sends what is no HTTP.
    Garbage,
}

pub struct Server {
    pub url: String,
    state: Arc<State>,
}

struct State {
    content: Mutex<(Vec<u8>, String)>,
    /// Habits of the next requests; the last one stays.
    habits: Mutex<Vec<Habit>>,
    requests: Mutex<Vec<String>>,
}

impl Server {
    pub fn start(content: &[u8], habits: &[Habit]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/files/data.tar.gz", listener.local_addr().unwrap());
        let state = State {
            content: Mutex::new((content.to_vec(), "\"1\"".to_owned())),
            habits: Mutex::new(habits.to_vec()),
            requests: Mutex::default(),
        };
        let state = Arc::new(state);
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&served);
                // A client that is gone is no failure of the test.
                thread::spawn(move || drop(state.serve(stream.unwrap())));
            }
        });
        Self { url, state }
    }

    /// Another file takes the place of the old one.
    #[allow(dead_code, reason = "not every test crate has use for it")]
    pub fn replace(&self, content: &[u8], tag: &str) {
        *self.state.content.lock().unwrap() = (content.to_vec(), tag.to_owned());
    }

    pub fn behave(&self, habits: &[Habit]) {
        *self.state.habits.lock().unwrap() = habits.to_vec();
    }

    /// Heads of the requests so far, in lower case.
    #[allow(dead_code, reason = "not every test crate has use for it")]
    pub fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone()?);
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let head = head.to_ascii_lowercase();
        self.requests.lock().unwrap().push(head.clone());
        let habit = {
            let mut habits = self.habits.lock().unwrap();
            if habits.len() > 1 { habits.remove(0) } else { habits[0].clone() }
        };
        let (content, tag) = self.content.lock().unwrap().clone();
        let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let asked = value("range: bytes=").and_then(|range| range.trim_end_matches('-').parse::<usize>().ok());
        let start = asked.filter(|_| value("if-range:").is_none_or(|known| known == tag));
        self.answer(&mut stream, &habit, &content, &tag, start)
    }

    fn answer(&self, out: &mut TcpStream, habit: &Habit, content: &[u8], tag: &str, start: Option<usize>) -> std::io::Result<()> {
        let size = content.len();
        let whole = |announced: u64| format!("HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\nETag: {tag}\r\nConnection: close\r\n\r\n");
        let part = |start: usize| {
            let length = size - start;
            format!(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{}/{size}\r\nContent-Length: {length}\r\nETag: {tag}\r\nConnection: close\r\n\r\n",
                size - 1
            )
        };
        let (good_head, good_body) = match start {
            Some(start) if start >= size && !matches!(habit, Habit::Announces(_)) => {
                return write!(
                    out,
                    "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
            }
            Some(start) if start < size => (part(start), &content[start..]),
            _ => (whole(size as u64), content),
        };
        match habit {
            Habit::Good => write_all(out, &good_head, good_body),
            Habit::BreaksOff(after) => write_all(out, &good_head, &good_body[..*after.min(&good_body.len())]),
            Habit::Announces(bytes) => write_all(out, &whole(*bytes), content),
            Habit::IgnoresRange => write_all(out, &whole(size as u64), content),
            Habit::WrongRange(early) => match start {
                Some(start) => write_all(out, &part(start - early), &content[start - early..]),
                None => write_all(out, &good_head, good_body),
            },
            Habit::Unsized => write_all(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", content),
            Habit::Answers(status, header) => {
                write_all(out, &format!("HTTP/1.1 {status}\r\n{header}Content-Length: 4\r\nConnection: close\r\n\r\n"), b"oops")
            }
            Habit::Redirects(url) => {
                write_all(out, &format!("HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), b"")
            }
            Habit::Garbage => out.write_all(b"220 this is a mail server\r\n"),
            Habit::Hangs(after) => {
                if let Some(after) = after {
                    write_all(out, &good_head, &good_body[..*after.min(&good_body.len())])?;
                }
                out.read(&mut [0]).map(drop)
            }
        }
    }
}

fn write_all(out: &mut TcpStream, head: &str, body: &[u8]) -> std::io::Result<()> {
    out.write_all(head.as_bytes())?;
    out.write_all(body)?;
    out.flush()
}
