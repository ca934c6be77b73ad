using System.Globalization;
using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace CrossModal.Interchange;

/// <summary>
/// A graph of ONNX in the making: constants, and nodes in the order of computation. A value is known by its name, as in the file. Inputs
/// and outputs are [batch, …] of any batch. Operators: github.com/onnx/onnx, docs/Operators.md, those of opset 17.
/// </summary>
internal sealed class OnnxGraph
{
    private const int Opset = 17, IrVersion = 8;
    private const string Batch = "batch";

    private readonly GraphProto _graph = new();
    private readonly OnnxGraph _root;
    private readonly HashSet<string> _constants = [];
    private int _values;

    /// <param name="name">What the file calls it.</param>
    public OnnxGraph(string name) => (_graph.Name, _root) = (name, this);

    /// <summary>The body of a loop, which sees the constants and values of the graph around it.</summary>
    private OnnxGraph(OnnxGraph around) => (_graph.Name, _root) = (around.NewName("body"), around._root);

    public string Name => _graph.Name;

    /// <summary>Adds an input.</summary>
    /// <param name="meaning">For whoever looks at the file.</param>
    /// <param name="row">Its shape without the batch.</param>
    public string Input(string name, string meaning, Shape row)
    {
        _graph.Input.Add(Describe(name, meaning, row));
        return name;
    }

    /// <summary>Makes a value an output and names it so.</summary>
    /// <param name="value">Of a node.</param>
    /// <param name="row">Its shape without the batch.</param>
    public void Output(string value, string name, string meaning, Shape row)
    {
        foreach (var node in _graph.Node)
        {
            Rename(node.Input);
            Rename(node.Output);
        }

        _graph.Output.Add(Describe(name, meaning, row));

        void Rename(IList<string> names)
        {
            for (var i = 0; i < names.Count; i++)
                names[i] = names[i] == value ? name : names[i];
        }
    }

    /// <summary>Adds a node and returns its output.</summary>
    public string Add(string op, string[] inputs, params ReadOnlySpan<AttributeProto> attributes) => Add(op, inputs, 1, attributes)[0];

    /// <summary>Cuts a value into two halves.</summary>
    public (string First, string Second) Halves(string x, int axis)
    {
        var halves = Add("Split", [x], 2, [OnnxAttribute.Int("axis", axis)]);
        return (halves[0], halves[1]);
    }

    /// <summary>Lets values go through the same nodes several times.</summary>
    /// <param name="state">The values at first.</param>
    /// <param name="round">Adds the nodes to a graph of their own; given the values before a round, it returns those behind it.</param>
    /// <returns>The values at the end.</returns>
    public string[] Repeat(int times, string[] state, Func<OnnxGraph, string[], string[]> round)
    {
        var body = new OnnxGraph(this);
        string[] before = [.. state.Select(_ => NewName("before"))];
        var (count, more) = (NewName("round"), NewName("more"));
        body._graph.Input.Add(new ValueInfoProto { Name = count, Type = TypeOf(DataType.Int64, []) });
        body._graph.Input.Add(new ValueInfoProto { Name = more, Type = TypeOf(DataType.Bool, []) });
        body._graph.Input.AddRange(before.Select(Untold));
        body._graph.Output.Add(new ValueInfoProto { Name = body.Add("Identity", [more]), Type = TypeOf(DataType.Bool, []) });
        body._graph.Output.AddRange(round(body, before).Select(Untold));
        return Add("Loop", [Constant($"{times}_times", [], (long)times), "", .. state], state.Length,
            [OnnxAttribute.Graph("body", body._graph)]);

        // Of any shape.
        static ValueInfoProto Untold(string name) => new()
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } },
        };
    }

    /// <summary>A constant of floats.</summary>
    /// <param name="name">Its own; a second constant of that name is the first.</param>
    public string Constant(string name, Shape shape, Func<float[]> values) =>
        Constant(name, shape, DataType.Float, () => MemoryMarshal.AsBytes<float>(values()));

    /// <summary>A constant of whole numbers.</summary>
    public string Constant(string name, Shape shape, params long[] values) =>
        Constant(name, shape, DataType.Int64, () => MemoryMarshal.AsBytes<long>(values));

    /// <summary>A number, rounded to float32.</summary>
    public string Constant(double value) =>
        Constant(((float)value).ToString("R", CultureInfo.InvariantCulture), [], () => [(float)value]);

    /// <summary>The whole file.</summary>
    /// <param name="metadata">Text by name.</param>
    public ModelProto ToModel(string description, string version, IReadOnlyDictionary<string, string> metadata) => new()
    {
        IrVersion = IrVersion,
        ProducerName = "CrossModal",
        ProducerVersion = version,
        DocString = description,
        Graph = _graph,
        OpsetImport = { new OperatorSetIdProto { Version = Opset } },
        MetadataProps = { metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
    };

    private delegate ReadOnlySpan<byte> Bytes();

    private string Constant(string name, Shape shape, DataType type, Bytes bytes)
    {
        if (_root._constants.Add(name))
        {
            var constant = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes()) };
            foreach (var extent in shape.Extents)
                constant.Dims.Add(extent);
            _root._graph.Initializer.Add(constant);
        }

        return name;
    }

    private string[] Add(string op, string[] inputs, int outputs, ReadOnlySpan<AttributeProto> attributes)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(_ => NewName(op))];
        var node = new NodeProto { OpType = op, Name = names[0], Input = { inputs }, Output = { names } };
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        _graph.Node.Add(node);
        return names;
    }

    private string NewName(string what) => $"{what}_{++_root._values}";

    private static ValueInfoProto Describe(string name, string meaning, Shape row)
    {
        List<TensorShapeProto.Types.Dimension> extents = [new() { DimParam = Batch }];
        foreach (var extent in row.Extents)
            extents.Add(new() { DimValue = extent });
        return new ValueInfoProto { Name = name, DocString = meaning, Type = TypeOf(DataType.Float, extents) };
    }

    private static TypeProto TypeOf(DataType type, IEnumerable<TensorShapeProto.Types.Dimension> extents) => new()
    {
        TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto { Dim = { extents } } },
    };
}
