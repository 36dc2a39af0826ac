//! The table of operations that the embedded engine knows, without those that only differ in a formula.

use serde::{Deserialize, Serialize};

/// Defines the operations: how many operands each has, and which attributes.
macro_rules! ops {
    ($($name:ident $operands:literal [$($attribute:ident)*],)*) => {
        /// An operation by its name in ONNX.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names are those of ONNX's operations, whose page says what each does")]
        pub enum Op { $($name,)* }

        crate::number::any_of!(Op: $($name),*);

        impl Op {
            /// The name in ONNX.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name),)* }
            }

            /// What its operands are, as a word of a letter each: `d` data, `i` a list of integers, `n` one integer,
            /// `w` a window of weights, `m` a matrix, `b` a boolean.
            pub(super) const fn operands(self) -> &'static str {
                match self { $(Op::$name => $operands,)* }
            }

            /// The attributes that it reads.
            pub(super) const fn attributes(self) -> &'static [Kind] {
                match self { $(Op::$name => &[$(Kind::$attribute,)*],)* }
            }
        }
    };
}

/// What an attribute is about, to choose a value that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Axis,
    Axes,
    Window,
    Strides,
    Pads,
    Dilations,
    AutoPad,
    CeilMode,
    CountIncludePad,
    Group,
    KeepDims,
    To,
    Perm,
    Hidden,
    Direction,
    Equation,
    Mode,
    Block,
    Size,
    Value,
    Tree,
    Body,
}

ops! {
    Relu "d" [],
    Exp "d" [],
    Identity "d" [],
    Not "d" [],
    Cast "d" [To],
    Add "dd" [],
    Mul "dd" [],
    Div "dd" [],
    Pow "dd" [],
    Mod "dd" [],
    Equal "dd" [],
    Less "dd" [],
    Sum "ddd" [],
    Max "ddd" [],
    Where "bdd" [],
    MatMul "dm" [],
    Gemm "dm" [],
    Einsum "dd" [Equation],
    Conv "dw" [Window Strides Pads Dilations AutoPad Group],
    ConvTranspose "dw" [Window Strides Pads Dilations AutoPad Group],
    ConvInteger "dw" [Window Strides Pads Dilations AutoPad Group],
    MaxPool "d" [Window Strides Pads Dilations AutoPad CeilMode],
    AveragePool "d" [Window Strides Pads Dilations AutoPad CeilMode CountIncludePad],
    GlobalAveragePool "d" [],
    LRN "d" [Size],
    BatchNormalization "ddddd" [],
    LayerNormalization "dd" [Axis],
    InstanceNormalization "ddd" [],
    Softmax "d" [Axis],
    ArgMax "d" [Axis KeepDims],
    ReduceSum "di" [KeepDims],
    ReduceMax "d" [Axes KeepDims],
    ReduceMean "d" [Axes KeepDims],
    CumSum "dn" [],
    TopK "di" [Axis],
    NonZero "d" [],
    Shape "d" [],
    Size "d" [],
    Reshape "di" [],
    Flatten "d" [Axis],
    Expand "di" [],
    Tile "di" [],
    Pad "di" [],
    Slice "diiii" [],
    Split "d" [Axis],
    Squeeze "di" [],
    Unsqueeze "di" [],
    Transpose "d" [Perm],
    Concat "dd" [Axis],
    Gather "di" [Axis],
    GatherElements "di" [Axis],
    GatherND "di" [],
    ScatterElements "did" [Axis],
    ScatterND "did" [],
    Compress "db" [Axis],
    OneHot "dnd" [Axis],
    Range "nnn" [],
    ConstantOfShape "i" [Value],
    EyeLike "d" [],
    Resize "d__i" [Mode],
    DepthToSpace "d" [Block],
    SpaceToDepth "d" [Block],
    Trilu "dn" [],
    DFT "d" [Axis],
    QuantizeLinear "dd" [Axis],
    DequantizeLinear "dd" [Axis],
    DynamicQuantizeLinear "d" [],
    QLinearMatMul "dddmdddd" [],
    LSTM "dmm" [Hidden Direction],
    GRU "dmm" [Hidden Direction],
    RNN "dmm" [Hidden Direction],
    NonMaxSuppression "dd" [],
    RandomUniform "" [Size],
    TreeEnsembleClassifier "d" [Tree],
    If "b" [Body],
    Loop "nbd" [Body],
    Scan "d" [Body],
}
