//! The devices that stand for the targets of the witx.

use wasi_nn::{Error, ExecutionTarget};

/// A device for each target, as text or in a library's own terms; nothing for a target that is refused.
#[derive(Clone, Debug)]
pub struct Targets<T>([(ExecutionTarget, Option<T>); 4]);

impl Targets<String> {
    /// Devices by name; an empty one refuses its target.
    #[must_use]
    pub fn new(cpu: &str, gpu: &str, tpu: &str, auto: &str) -> Self {
        use ExecutionTarget::{Auto, Cpu, Gpu, Tpu};
        let mut targets = Targets([(Cpu, None), (Gpu, None), (Tpu, None), (Auto, None)]);
        for (target, name) in [(Cpu, cpu), (Gpu, gpu), (Tpu, tpu), (Auto, auto)] {
            targets.set(target, name.to_owned());
        }
        targets
    }

    /// Names another device; an empty name refuses the target.
    pub fn set(&mut self, target: ExecutionTarget, name: String) {
        if let Some((_, device)) = self.0.iter_mut().find(|(of, _)| *of == target) {
            *device = Some(name).filter(|name| !name.is_empty());
        }
    }

    /// The same in other terms.
    ///
    /// # Errors
    ///
    /// Those of `read`, for the first name that it refuses.
    pub fn read<T>(&self, read: impl Fn(&str) -> Result<T, Error>) -> Result<Targets<T>, Error> {
        let read = |(target, name): &(_, Option<String>)| {
            Ok::<_, Error>((*target, name.as_deref().map(&read).transpose()?))
        };
        let [cpu, gpu, tpu, auto] = &self.0;
        Ok(Targets([read(cpu)?, read(gpu)?, read(tpu)?, read(auto)?]))
    }
}

impl<T> Targets<T> {
    /// The device of a target.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) for one that is refused.
    pub fn of(&self, target: ExecutionTarget) -> Result<&T, Error> {
        let device = self.0.iter().find(|(of, _)| *of == target).and_then(|(_, device)| device.as_ref());
        device.ok_or_else(|| Error::unsupported(format!("the host has no device for the target {target}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Targets;
    use wasi_nn::{Error, ExecutionTarget};

    #[test]
    fn an_empty_name_refuses_its_target() {
        let mut targets = Targets::new("CPU", "GPU", "", "CPU");
        targets.set(ExecutionTarget::Auto, String::new());
        targets.set(ExecutionTarget::Gpu, "GPU.1".to_owned());
        let read = targets.read(|name| Ok(name.len())).unwrap();
        assert_eq!(read.of(ExecutionTarget::Cpu).ok(), Some(&3));
        assert_eq!(read.of(ExecutionTarget::Gpu).ok(), Some(&5));
        for target in [ExecutionTarget::Tpu, ExecutionTarget::Auto] {
            let refused = read.of(target).unwrap_err().to_string();
            assert_eq!(refused, format!("the host has no device for the target {target}"));
        }
        assert!(targets.read(|_| Err::<(), _>(Error::unsupported("none"))).is_err());
    }
}
