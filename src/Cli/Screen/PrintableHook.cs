using CrossModal.Kernels;
using Spectre.Console.Rendering;

namespace CrossModal.Cli;

/// <summary>
/// Makes everything printable that Spectre draws, but for what it draws with: names of files can hold escape sequences, line ends and marks
/// that turn the direction of what follows. Text that does not go through Spectre is made so by <see cref="Excerpt.OneLine"/> itself.
/// </summary>
internal sealed class PrintableHook : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
        renderables.Select(renderable => new Printable(renderable));

    private sealed class Printable(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth)
            .Select(part => part.IsControlCode || part.IsLineBreak ? part : Shown(part));

        private static Segment Shown(Segment part) => Excerpt.OneLine(part.Text) is var shown && shown == part.Text ? part
            : new Segment(shown, part.Style);
    }
}
