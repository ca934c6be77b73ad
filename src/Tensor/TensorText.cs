using System.Globalization;
using System.Numerics;
using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// A tensor's numbers as NumPy prints an array (numpy/_core/arrayprint.py, with its defaults): the shortest digits that tell a number from
/// its neighbors, at most 8 after the point, columns aligned, lines of 75 characters, and of more than 1000 elements the first and last
/// three along each axis, which are all that is read from the device.
/// </summary>
internal sealed class TensorText
{
    private const int Precision = 8, LineWidth = 75, Threshold = 1000, EdgeItems = 3;

    private readonly Tensor _tensor;

    /// <summary>Which positions of each axis are shown; null stands for those that are left out.</summary>
    private readonly int?[][] _shown;

    private readonly string[] _words;
    private int _next;

    private TensorText(Tensor tensor)
    {
        _tensor = tensor;
        _shown = [.. tensor.Shape.Extents.ToArray().Select(extent => Summarizes(tensor) && extent > 2 * EdgeItems
            ? [0, 1, 2, null, extent - 3, extent - 2, extent - 1]
            : Enumerable.Range(0, extent).Select(position => (int?)position).ToArray())];
        _words = tensor.Type switch
        {
            ElementType.Float32 => FloatWords(Gather<float>()),
            ElementType.Float64 => FloatWords(Gather<double>()),
            ElementType.BFloat16 => FloatWords(Array.ConvertAll(Gather<BFloat16>(), value => (float)value)),
            ElementType.Int32 => Align(Array.ConvertAll(Gather<int>(), value => $"{value}")),
            _ => Align(Array.ConvertAll(Gather<long>(), value => $"{value}")),
        };
    }

    public static bool Summarizes(Tensor tensor) => tensor.Count > Threshold;

    public static string Of(Tensor tensor)
    {
        if (tensor.Count == 0)
            return "[]";
        if (tensor.Shape.Rank == 0 && tensor.Type.IsFloat())
            return tensor.Type != ElementType.Float64 ? Scalar((float)tensor.Item()) : Scalar(tensor.Item());
        var text = new TensorText(tensor);
        return tensor.Shape.Rank == 0 ? text._words[0] : text.Write(0, " ", LineWidth);
    }

    /// <summary>The elements that are shown, read run by run.</summary>
    private T[] Gather<T>() where T : unmanaged
    {
        var shape = _tensor.Shape;
        var strides = shape.Strides();
        var values = new List<T>();
        Visit(0, 0);
        return [.. values];

        void Visit(int axis, long offset)
        {
            if (axis < shape.Rank - 1)
            {
                foreach (var position in _shown[axis])
                {
                    if (position is { } at)
                        Visit(axis + 1, offset + at * strides[axis]);
                }

                return;
            }

            if (shape.Rank == 0 || _shown[axis].Length == shape[axis])
                Read(offset, shape.Rank == 0 ? 1 : shape[axis]);
            else
            {
                Read(offset, EdgeItems);
                Read(offset + shape[axis] - EdgeItems, EdgeItems);
            }
        }

        void Read(long offset, int count)
        {
            var run = new T[count];
            _tensor.Download<T>(offset, run);
            values.AddRange(run);
        }
    }

    /// <summary>The part of the array from an axis on, in brackets.</summary>
    private string Write(int axis, string indent, int width)
    {
        var last = axis == _shown.Length - 1;
        var (text, line) = (new StringBuilder(), new StringBuilder(indent));
        for (var i = 0; i < _shown[axis].Length; i++)
        {
            var word = _shown[axis][i] is null ? "..." : last ? _words[_next++] : Write(axis + 1, indent + ' ', width - 1);
            if (!last)
                text.Append(i == 0 ? "" : new string('\n', _shown.Length - 1 - axis) + indent).Append(word);
            else
            {
                if (line.Length > indent.Length && line.Length + word.Length > width - 1)
                {
                    text.Append(line.ToString().TrimEnd()).Append('\n');
                    line.Clear().Append(indent);
                }

                line.Append(word).Append(i < _shown[axis].Length - 1 ? " " : "");
            }
        }

        return $"[{(last ? text.Append(line).ToString()[indent.Length..] : text)}]";
    }

    private static string[] FloatWords<T>(T[] values) where T : IBinaryFloatingPointIeee754<T>
    {
        var sizes = values.Where(value => T.IsFinite(value) && value != T.Zero).Select(T.Abs).DefaultIfEmpty(T.One).ToArray();
        var (most, least) = (sizes.Aggregate(T.Max), sizes.Aggregate(T.Min));
        var scientific = most >= T.CreateChecked(1e8) || least < T.CreateChecked(1e-4) || most / least > T.CreateChecked(1000);
        var numbers = Array.ConvertAll(values, value => DecimalNumber.Of(value, scientific, Precision));
        var longest = numbers.Max(number => number?.Fraction.Length ?? 0);
        var exponent = numbers.Max(number => number is { } n ? Math.Max(2, $"{Math.Abs(n.Exponent)}".Length) : 0);
        return Align([.. values.Zip(numbers, (value, number) => number switch
        {
            null => NotFinite(value),
            { } when scientific => Scientific(value, longest, exponent),
            { } n => $"{n.Whole}.{n.Fraction.PadRight(longest)}",
        })]);
    }

    /// <summary>As many digits as the longest of the shortest numbers has: those behind a shorter one are the value's own.</summary>
    private static string Scientific<T>(T value, int digits, int exponent) where T : IBinaryFloatingPointIeee754<T>
    {
        var parts = value.ToString($"E{digits}", CultureInfo.InvariantCulture).Split('E');
        return $"{parts[0]}{(digits == 0 ? "." : "")}{Power(int.Parse(parts[1]), exponent)}";
    }

    private static string Power(int exponent, int digits) =>
        $"e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString().PadLeft(digits, '0')}";

    private static string NotFinite<T>(T value) where T : IBinaryFloatingPointIeee754<T> =>
        T.IsNaN(value) ? "nan" : T.IsPositive(value) ? "inf" : "-inf";

    /// <summary>A single number is printed with all of its digits, as Python's <c>str</c> does.</summary>
    private static string Scalar<T>(T value) where T : IBinaryFloatingPointIeee754<T>
    {
        var size = T.Abs(value);
        var scientific = size != T.Zero && (size < T.CreateChecked(1e-4) || size >= T.CreateChecked(1e16));
        return DecimalNumber.Of(value, scientific, precision: 28) is not { } number ? NotFinite(value)
            : scientific ? $"{number.Whole}{(number.Fraction.Length > 0 ? "." : "")}{number.Fraction}{Power(number.Exponent, 2)}"
            : $"{number.Whole}.{(number.Fraction.Length > 0 ? number.Fraction : "0")}";
    }

    private static string[] Align(string[] words)
    {
        var width = words.Max(word => word.Length);
        return Array.ConvertAll(words, word => word.PadLeft(width));
    }

    /// <summary>The digits before and after the point, and what power of ten they are multiplied by.</summary>
    private readonly record struct DecimalNumber(string Whole, string Fraction, int Exponent)
    {
        /// <summary>
        /// The shortest digits that are read back as <paramref name="value"/>, rounded to <paramref name="precision"/> behind the point;
        /// null for what is not finite.
        /// </summary>
        public static DecimalNumber? Of<T>(T value, bool scientific, int precision) where T : IBinaryFloatingPointIeee754<T>
        {
            if (!T.IsFinite(value))
                return null;
            var parts = T.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
            var (digits, exponent) = (decimal.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length > 1 ? int.Parse(parts[1]) : 0);
            for (; !scientific && exponent > 0; exponent--)
                digits *= 10;
            for (; !scientific && exponent < 0; exponent++)
                digits /= 10;
            for (; scientific && digits is > 0 and < 1; exponent--)
                digits *= 10;
            for (digits = decimal.Round(digits, precision); scientific && digits >= 10; exponent++)
                digits = decimal.Round(digits / 10, precision);
            var text = digits.ToString("0." + new string('#', precision), CultureInfo.InvariantCulture).Split('.');
            return new((T.IsNegative(value) ? "-" : "") + text[0], text.Length > 1 ? text[1] : "", exponent);
        }
    }
}
