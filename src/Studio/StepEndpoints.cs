using System.Globalization;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>Stepping through the training of a run: one step, with everything that was computed in it.</summary>
internal static class StepEndpoints
{
    public static void Map(IEndpointRouteBuilder web, RunShelf shelf, StepDesk desk)
    {
        web.MapGet("/api/runs/{id}/step", (RequestDelegate)(async context => await Answers.Json(context,
            await desk.Look(shelf.Asked(context), Start, context.RequestAborted), StepJson.Default.StepStart)));
        web.MapPost("/api/runs/{id}/step", (RequestDelegate)(context => Step(context, shelf.Asked(context), desk)));
        web.MapPost("/api/runs/{id}/step/reset", (RequestDelegate)(async context => await Answers.Json(context,
            await desk.Reset(shelf.Asked(context), steps => Start(steps, null), context.RequestAborted), StepJson.Default.StepStart)));
        web.MapGet("/api/runs/{id}/step/nodes/{node:int}", (RequestDelegate)(context => Node(context, shelf.Asked(context), desk)));
    }

    private static StepStart Start(StepRun steps, StepReport? last)
    {
        var (run, gan) = (steps.Run, steps.Run.Gan);
        // An Adam that begins anew moves every weight by the whole rate.
        var rate = steps.HasOptimizers ? steps.LearningRate : steps.LearningRate / 10;
        return new StepStart(steps.StepsBefore, last is null ? null : Answer(last), steps.HasOptimizers,
            run.Kind.Directions[0] == Direction.SoundToImage, gan.WrongPairs, run.Model.AuxiliaryClasses > 0, run.Model.CodeHead,
            new StepRequest(true, true, rate, gan.ModeSeeking, gan.Auxiliary, gan.CodeHead, gan.RealTarget, gan.WrongPairs, 0));
    }

    private static async Task Step(HttpContext context, ShelvedRun run, StepDesk desk)
    {
        var asked = await Requests.Json(context, StepJson.Default.StepRequest, "step");
        List<Player> moves = [];
        if (asked.Discriminator)
            moves.Add(Player.Discriminator);
        if (asked.Generator)
            moves.Add(Player.Generator);
        var wish = new StepWish(moves, asked.LearningRate, asked.ModeSeeking, asked.Auxiliary, asked.CodeHead, asked.RealTarget,
            asked.WrongPairs, asked.Pairs);
        await Answers.Json(context, await desk.Step(run, wish, Answer, context.RequestAborted), StepJson.Default.StepAnswer);
    }

    private static async Task Node(HttpContext context, ShelvedRun run, StepDesk desk)
    {
        var index = int.Parse((string)context.Request.RouteValues["node"]!, CultureInfo.InvariantCulture);
        var answer = await desk.Look(run, (_, last) => last is { } step && index >= 0 && index < step.Tape.Nodes.Count
            ? new StepNodeAnswer(StepNumbersAnswer.Of(step.Tape.Nodes[index].Numbers),
                step.Tape.Nodes[index].Gradient is { } gradient ? StepNumbersAnswer.Of(gradient) : null)
            : throw new NotOnShelfException($"the last step has no tensor {index}; make a step again"), context.RequestAborted);
        await Answers.Json(context, answer, StepJson.Default.StepNodeAnswer);
    }

    private static StepAnswer Answer(StepReport report) => new(report.Made, [.. report.Tape.Nodes.Select(Line)], report.Tape.Events,
        report.Before.Pictures[0].Width, report.Pairs.Classes, Pixels(report.Pairs.Real),
        report.Pairs.Wrong is { } wrong ? Pixels(wrong) : null, Verdict(report.Before), Verdict(report.After),
        [.. report.Weights.Select(weight => new StepWeightAnswer(weight.Network, weight.Name, [.. weight.Shape.Extents], weight.Norm,
            weight.NormAfter, weight.Change, weight.GradientNorm, weight.Edge, weight.Before, weight.After))]);

    private static StepNodeLine Line(StepNode node) => new(node.Entry.Op, node.Entry.Attributes, node.Name, node.Group,
        node.Turn == Player.Generator, [.. node.Entry.Inputs.Select(input => input.Index)],
        [.. node.Entry.Inputs.Select(input => input.Derivative)], [.. node.Shape.Extents], node.Gradient is not null, node.Numbers.All.Norm,
        node.Gradient?.All.Norm);

    private static StepVerdictAnswer Verdict(StepVerdict verdict) => new(verdict.DiscriminatorLoss, verdict.GeneratorLoss, verdict.Real,
        verdict.Wrong, verdict.Generated, Pixels(verdict.Pictures));

    private static List<byte[]> Pixels(IReadOnlyList<RgbImage> pictures) => [.. pictures.Select(picture => picture.Pixels)];
}
