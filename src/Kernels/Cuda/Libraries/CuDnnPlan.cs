using static CrossModal.Kernels.Cuda.Libraries.CuDnnFunctions;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// How cuDNN computes one form of one geometry: its descriptors, the algorithm and the workspace that this takes. The library's heuristics
/// choose, so that the same versions on the same card choose the same, among those algorithms that give the same bits with every run and
/// multiply as exactly as is asked.
/// </summary>
internal sealed unsafe class CuDnnPlan : IDisposable
{
    /// <summary>More than cuDNN has for any form (8, 6 and 7), each possibly listed once a math type.</summary>
    private const int MostAlgorithms = 32;

    /// <summary>A workspace that would crowd out the activations is refused.</summary>
    private const long MostWorkspaceBytes = 1L << 30;

    private nint _input, _filter, _output, _convolution;

    public CuDnnPlan(nint handle, Precision precision, ConvolutionForm form, in ConvolutionGeometry geometry) =>
        Usable = Describe(geometry, precision == Precision.BFloat16 ? BFloat16Type : Float32) && Choose(handle, precision, form);

    /// <summary>Whether cuDNN computes it at all.</summary>
    public bool Usable { get; }

    public nint Input => _input;

    public nint Filter => _filter;

    public nint Output => _output;

    public nint Convolution => _convolution;

    /// <summary>A number of the form's own enumeration.</summary>
    public int Algorithm { get; private set; }

    public nuint WorkspaceBytes { get; private set; }

    public void Dispose()
    {
        if (_input != 0)
            _ = DestroyTensor(_input);
        if (_filter != 0)
            _ = DestroyFilter(_filter);
        if (_output != 0)
            _ = DestroyTensor(_output);
        if (_convolution != 0)
            _ = DestroyConvolution(_convolution);
        _input = _filter = _output = _convolution = 0;
    }

    /// <summary>
    /// Whether an algorithm may serve. Not one that adds in an order of its own with each run; not one that rounds to float16; and where
    /// float32 is asked, not the tensor cores, nor Winograd's and Fourier's detours, which err more than a sum of products does.
    /// </summary>
    internal static bool Serves(in CuDnnAlgorithm candidate, Precision precision, ConvolutionForm form) =>
        candidate.Status == Success && candidate.Determinism == Deterministic && (long)candidate.WorkspaceBytes <= MostWorkspaceBytes
        && candidate.MathType != TensorMathWithConversion
        && (precision != Precision.Float32 || (candidate.MathType != TensorMath && IsSumOfProducts(candidate.Algorithm, form)));

    /// <summary>
    /// Implicit and explicit matrix products and the direct loops: 0 to 3 forward, 0 and 1 for the input's gradient, 0, 1 and 3 for the
    /// filter's.
    /// </summary>
    private static bool IsSumOfProducts(int algorithm, ConvolutionForm form) => form switch
    {
        ConvolutionForm.Value => algorithm <= 3,
        ConvolutionForm.InputGradient => algorithm <= 1,
        _ => algorithm is 0 or 1 or 3,
    };

    private bool Describe(in ConvolutionGeometry g, int type) =>
        CreateTensor(out _input) == Success && CreateFilter(out _filter) == Success && CreateTensor(out _output) == Success
        && CreateConvolution(out _convolution) == Success
        && SetTensor(_input, ChannelsLast, type, g.Batch, g.InputChannels, g.InputHeight, g.InputWidth) == Success
        && SetFilter(_filter, type, ChannelsLast, g.OutputChannels, g.InputChannels, g.KernelHeight, g.KernelWidth) == Success
        && SetTensor(_output, ChannelsLast, type, g.Batch, g.OutputChannels, g.OutputHeight, g.OutputWidth) == Success
        && SetConvolution(_convolution, g.PaddingHeight, g.PaddingWidth, g.StrideHeight, g.StrideWidth,
            g.DilationHeight, g.DilationWidth, CrossCorrelation, Float32) == Success;

    private bool Choose(nint handle, Precision precision, ConvolutionForm form)
    {
        if (SetMathType(_convolution, precision == Precision.Float32 ? FusedMultiplyAddMath : DefaultMath) != Success)
            return false;
        var candidates = stackalloc CuDnnAlgorithm[MostAlgorithms];
        int found;
        var status = form switch
        {
            ConvolutionForm.Value =>
                GetForwardAlgorithms(handle, _input, _filter, _convolution, _output, MostAlgorithms, out found, candidates),
            ConvolutionForm.InputGradient =>
                GetBackwardDataAlgorithms(handle, _filter, _output, _convolution, _input, MostAlgorithms, out found, candidates),
            _ => GetBackwardFilterAlgorithms(handle, _input, _output, _convolution, _filter, MostAlgorithms, out found, candidates),
        };

        // They come fastest first, as cuDNN guesses.
        for (var i = 0; status == Success && i < found; i++)
        {
            // The guess holds for the math type that stands beside it; float32 keeps the strict one.
            if (Serves(candidates[i], precision, form)
                && (precision == Precision.Float32 || SetMathType(_convolution, candidates[i].MathType) == Success)
                && FindWorkspace(handle, form, candidates[i].Algorithm))
            {
                return true;
            }
        }

        return false;
    }

    private bool FindWorkspace(nint handle, ConvolutionForm form, int algorithm)
    {
        nuint bytes;
        var status = form switch
        {
            ConvolutionForm.Value => GetForwardWorkspace(handle, _input, _filter, _convolution, _output, algorithm, out bytes),
            ConvolutionForm.InputGradient => GetBackwardDataWorkspace(handle, _filter, _output, _convolution, _input, algorithm, out bytes),
            _ => GetBackwardFilterWorkspace(handle, _input, _output, _convolution, _filter, algorithm, out bytes),
        };
        (Algorithm, WorkspaceBytes) = (algorithm, bytes);
        return status == Success && (long)bytes <= MostWorkspaceBytes;
    }
}
