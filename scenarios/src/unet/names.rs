//! What wrappings and older releases call a parameter.

/// What `torch.compile` puts in front of the names of whatever it compiled.
const COMPILED: &str = "_orig_mod.";

/// How the names of a file become diffusers' own.
pub(super) struct Names {
    /// With what all of them begin: `module.` of DataParallel, `_orig_mod.` of torch.compile, `unet.` of whoever put the
    /// model into another one, or several of these.
    prefix: String,
    /// Whether one of them has been compiled inside.
    is_compiled_inside: bool,
}

impl Names {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Self {
        let least = names.clone().min().unwrap_or_default();
        let most = names.clone().max().unwrap_or_default();
        let same = least.bytes().zip(most.bytes()).take_while(|(a, b)| a == b).count();
        // Names of one model part at the root, so that what they share is around it; a single name shares all.
        let prefix = least[..least.floor_char_boundary(same)].rsplit_once('.');
        let prefix = prefix.filter(|_| least != most);
        let prefix = prefix.map_or(String::new(), |(prefix, _)| format!("{prefix}."));
        let is_compiled_inside =
            names.into_iter().any(|name| name[prefix.len()..].contains(COMPILED));
        Self { prefix, is_compiled_inside }
    }

    /// The name without what is around it.
    pub(super) fn plain(&self, name: &str) -> String {
        name.strip_prefix(&self.prefix).unwrap_or(name).replace(COMPILED, "")
    }

    /// What people should know of it.
    pub(super) fn notices(&self) -> impl Iterator<Item = String> {
        let prefix = self.prefix.escape_debug();
        let around = (!self.prefix.is_empty())
            .then(|| format!("all names of weights begin with `{prefix}`, which is left out"));
        let inside = self
            .is_compiled_inside
            .then(|| format!("`{COMPILED}` inside of names of weights is left out"));
        around.into_iter().chain(inside)
    }
}

/// The name that diffusers gave an attention parameter before version 0.15, which is what
/// google/ddpm-cifar10-32 has.
pub(super) fn old_name(name: &str) -> Option<String> {
    [("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")]
        .iter()
        .map(|(new, old)| (format!(".{new}."), format!(".{old}.")))
        .find(|(new, _)| name.contains(".attentions.") && name.contains(new))
        .map(|(new, old)| name.replace(&new, &old))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::compiled("_orig_mod.")]
    #[case::data_parallel("module.")]
    #[case::both("module._orig_mod.")]
    #[case::a_part_of_another("unet.")]
    #[case::lightning("model.diffusion_model.")]
    #[case::none("")]
    fn what_all_names_begin_with_is_left_out(#[case] prefix: &str) {
        let own = ["conv_in.bias", "conv_in.weight", "conv_out.bias"];
        let wrapped = own.map(|name| format!("{prefix}{name}"));
        let names = Names::of(wrapped.iter().map(String::as_str));
        assert_eq!(wrapped.each_ref().map(|name| names.plain(name)), own);
        assert_eq!(names.notices().count(), usize::from(!prefix.is_empty()));
    }

    #[test]
    fn a_compiled_part_is_known() {
        let names = ["conv_in.bias", "mid_block._orig_mod.resnets.0.norm1.bias"];
        let found = Names::of(names.into_iter());
        assert_eq!(
            names.map(|name| found.plain(name)),
            [names[0], "mid_block.resnets.0.norm1.bias"]
        );
        assert_eq!(found.notices().count(), 1);
    }

    #[test]
    fn one_name_has_no_prefix() {
        assert_eq!(Names::of(["conv_in.bias"].into_iter()).plain("conv_in.bias"), "conv_in.bias");
    }
}
