using CrossModal.Adversarial;
using CrossModal.Pipelines;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;

namespace CrossModal.Tests.Pipelines;

/// <summary>A step that is looked at is the step that it would have been.</summary>
public sealed class StepTapeTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 1);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void AStepWithEverythingThatCanBeAskedForIsTheSameBitForBit()
    {
        var model = TinyGan.Model with { SpectralNorm = true, AuxiliaryClasses = 3, CodeHead = true };
        var settings = TinyGan.Settings with
        {
            ModeSeeking = 0.5,
            Auxiliary = 1,
            CodeHead = 2,
            R1 = 1,
            Augment = true,
        };
        using var watched = TinyGan.Create(_device, capture: false, settings: settings, model: model);
        using var captured = TinyGan.Create(_device, settings: settings, model: model);
        TinyGan.Run(captured, 0, 1);
        Load(watched);
        using (new Scope())
        {
            var nodes = StepTape.Of(watched, _ => true).Nodes;
            Assert.All(nodes, node => Assert.NotEmpty(node.Group));
            var groups = nodes.Select(node => node.Group).ToHashSet();
            string[] expected = ["discriminator.classes", "discriminator.codes", "generator.norm1", "loss", "given"];
            Assert.Superset(expected.ToHashSet(), groups);

            // Each parameter of both players got its gradient, and each was shown before.
            foreach (var (network, module) in StepTape.NetworksOf(watched))
            {
                foreach (var parameter in module.NamedParameters)
                    Assert.Contains(nodes, node => node.Name == $"{network}.{parameter.Name}" && node.Gradient is { All.Norm: > 0 });
            }
        }

        TinyGan.AssertSame(TinyGan.StateOf(captured), TinyGan.StateOf(watched));

        // And nobody looks any more.
        TinyGan.Run(watched, 1, 2);
        TinyGan.Run(captured, 1, 2);
        TinyGan.AssertSame(TinyGan.StateOf(captured), TinyGan.StateOf(watched));
    }

    [Fact]
    public void OtherWeightsOfLossesAreRefusedWhereStepsAreCaptured()
    {
        using var gan = TinyGan.Create(_device);
        Assert.Throws<InvalidOperationException>(() => gan.Retune(TinyGan.Settings));
    }

    private static void Load(ConditionalGan gan)
    {
        var (real, wrong, code) = TinyGan.BatchOf(0);
        gan.SetBatch(real, wrong, code, [0, 1, 2, 0], code);
    }
}
