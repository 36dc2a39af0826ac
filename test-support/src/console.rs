//! Consoles of Windows in which tests run copies of themselves: a test types into one, and sees what it shows, as a window
//! for terminals does (`CreatePseudoConsole`, which Wine has as well).
#![allow(unsafe_code, reason = "the standard library starts no process in such a console")]

use crate::copy::environment;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, IntoRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use windows_sys::Win32::Foundation::{HANDLE, WAIT_OBJECT_0};
use windows_sys::Win32::System::Console::{
    COORD, ClosePseudoConsole, CreatePseudoConsole, HPCON, STD_ERROR_HANDLE, STD_INPUT_HANDLE,
    STD_OUTPUT_HANDLE, SetStdHandle,
};
use windows_sys::Win32::System::Threading::{
    CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT,
    GetExitCodeProcess, InitializeProcThreadAttributeList, PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE,
    PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW, UpdateProcThreadAttribute,
    WaitForSingleObject,
};

/// How long anything may take; what hangs is a failure.
const LONGEST: Duration = Duration::from_secs(120);

/// A console with a copy of a test in it.
#[derive(Debug)]
pub struct Console {
    console: HPCON,
    keys: File,
    shown: Receiver<Vec<u8>>,
    text: Vec<u8>,
    process: OwnedHandle,
}

impl Console {
    /// A copy of the test of this name in a console of its own.
    #[must_use]
    #[allow(clippy::incompatible_msrv, reason = "the oldest compiler builds the libraries only")]
    pub fn copy(test: &str, mode: &str) -> Self {
        let ((input, keys), (mut screen, output)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let (size, mut console) = (COORD { X: 200, Y: 50 }, 0);
        // SAFETY: both pipes are open, and the place is written to during the call.
        let outcome = unsafe {
            CreatePseudoConsole(size, input.as_raw_handle(), output.as_raw_handle(), 0, &raw mut console)
        };
        assert_eq!(outcome, 0, "no console");
        let (sender, shown) = channel();
        // The console waits for whoever reads it.
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let program = std::env::current_exe().unwrap();
        let line = format!("\"{}\" --exact --nocapture {test}", program.display());
        let process = start(console, &line, &environment(mode));
        Console { console, keys: OwnedHandle::from(keys).into(), shown, text: Vec::new(), process }
    }

    /// Types text; `\r` is the key at the end of a line, and `\x03` is Ctrl-C.
    pub fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until it has shown the text, after what was waited for before.
    pub fn shows(&mut self, text: &str) {
        loop {
            let seen = plain(&self.text);
            if let Some(at) = seen.find(text) {
                self.text = seen.as_bytes()[at + text.len()..].to_vec();
                return;
            }
            match self.shown.recv_timeout(LONGEST) {
                Ok(more) => self.text.extend(more),
                Err(error) => panic!("no {text:?} but {seen:?}: {error}"),
            }
        }
    }

    /// Waits for the copy, which must have passed its one test.
    pub fn finish(mut self) {
        let (process, mut code) = (self.process.as_raw_handle(), 0);
        let milliseconds = u32::try_from(LONGEST.as_millis()).unwrap();
        // SAFETY: the handle is open, and `code` is written to during the call.
        let waited = unsafe {
            let waited = WaitForSingleObject(process, milliseconds);
            GetExitCodeProcess(process, &raw mut code);
            waited
        };
        while let Ok(more) = self.shown.recv_timeout(Duration::from_millis(100)) {
            self.text.extend(more);
        }
        assert!(waited == WAIT_OBJECT_0 && code == 0, "{waited} {code}: {}", plain(&self.text));
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // SAFETY: it was made, and nobody uses it any more.
        unsafe { ClosePseudoConsole(self.console) };
        // The console is gone when there is no more to read.
        while !matches!(self.shown.recv_timeout(LONGEST), Err(RecvTimeoutError::Disconnected)) {}
    }
}

/// In a copy: makes the console its standard streams, and gives them.
#[must_use]
pub fn take() -> [File; 3] {
    let open = |name| File::options().read(true).write(true).open(name).unwrap();
    let files = [open("CONIN$"), open("CONOUT$"), open("CONOUT$")];
    for (stream, file) in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE].into_iter().zip(&files) {
        let handle = file.try_clone().unwrap().into_raw_handle();
        // SAFETY: the handle is open, and stays so.
        assert_ne!(unsafe { SetStdHandle(stream, handle) }, 0);
    }
    files
}

/// Starts a process that belongs to the console, with no other streams.
fn start(console: HPCON, line: &str, environment: &[(String, String)]) -> OwnedHandle {
    let mut line: Vec<u16> = line.encode_utf16().chain([0]).collect();
    let block = environment.iter().flat_map(|(name, value)| {
        OsStr::new(&format!("{name}={value}")).encode_wide().chain([0]).collect::<Vec<_>>()
    });
    let block: Vec<u16> = block.chain([0]).collect();
    let (mut attributes, mut size) = ([0_u64; 64], 64 * size_of::<u64>());
    let list = attributes.as_mut_ptr().cast();
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = u32::try_from(size_of::<STARTUPINFOEXW>()).unwrap();
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.lpAttributeList = list;
    let mut made = PROCESS_INFORMATION::default();
    let attribute = PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE.try_into().unwrap();
    // SAFETY: the list has room for `size` bytes, which the first call sees to; the console is its own value, of its size; and
    // line, environment and startup are there for the call, in the forms that the flags say.
    let started = unsafe {
        assert_ne!(InitializeProcThreadAttributeList(list, 1, 0, &raw mut size), 0);
        let value = console as *const _;
        assert_ne!(
            UpdateProcThreadAttribute(list, 0, attribute, value, size_of::<HPCON>(), null_mut(), null()),
            0
        );
        let flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT;
        let started = CreateProcessW(
            null(),
            line.as_mut_ptr(),
            null(),
            null(),
            0,
            flags,
            block.as_ptr().cast(),
            null(),
            (&raw const startup).cast(),
            &raw mut made,
        );
        DeleteProcThreadAttributeList(list);
        started
    };
    assert_ne!(started, 0, "{}", io::Error::last_os_error());
    let own = |handle: HANDLE| {
        // SAFETY: the system gave an open handle that nobody else has.
        unsafe { OwnedHandle::from_raw_handle(handle) }
    };
    drop(own(made.hThread));
    own(made.hProcess)
}

/// The text without the sequences that move the cursor and the like.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = match part.as_bytes().first() {
            Some(b'[') => part[1..].find(|c: char| ('@'..='~').contains(&c)).map(|at| at + 2),
            Some(b']') => part.find('\x07').map(|at| at + 1),
            _ => Some(1),
        };
        plain += end.and_then(|end| part.get(end..)).unwrap_or_default();
    }
    plain
}
