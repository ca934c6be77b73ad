using System.Text.Json.Serialization;

namespace CrossModal.Kernels.Tests.Files;

/// <summary>What is wrong with a file is one line that names the file, the property, its value and what it must be.</summary>
public sealed partial class JsonFileTests
{
    private static readonly JsonFile<Recipe> File = new(RecipeJson.Default.Recipe, "recipe", "write it again")
    {
        Defaults = new Recipe { Name = "" },
    };

    internal enum Heat
    {
        Low,
        High,
    }

    internal sealed record Recipe
    {
        public required string Name { get; init; }

        [Within(1, 12)]
        public int Servings { get; init; } = 4;

        public double Salt { get; init; } = 0.5;

        [PowerOfTwo(1, 64)]
        public int Slices { get; init; } = 8;

        [JsonConverter(typeof(JsonStringEnumConverter<Heat>))]
        public Heat Heat { get; init; } = Heat.High;

        [Distinct]
        public IReadOnlyList<string> Tags { get; init; } = [];

        [Distinct("name")]
        public Part[] Parts { get; init; } = [];

        public Dictionary<string, double> Grams { get; init; } = [];

        public Part Best { get; init; } = new("flour");

        public string? Note { get; init; }

        [JsonIgnore]
        public Part Shown => Best;
    }

    internal sealed record Part(string Name, [property: Within(0, 5)] int? Count = null);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Recipe))]
    private sealed partial class RecipeJson : JsonSerializerContext;

    [Fact]
    public void WhatIsNotThereHasItsDefault()
    {
        var read = File.Parse("""{"name": "bread", "best": {"name": "salt"}, "shown": 7, "new": {"in": "a later version"}}""", "r.json");
        Assert.Equal(("bread", 4, 0.5, 8, Heat.High, new Part("salt"), null),
            (read.Name, read.Servings, read.Salt, read.Slices, read.Heat, read.Best, read.Note));
        Assert.Empty(read.Tags);
        Assert.Equal(Heat.Low, File.Parse("""{"name": "bread", "heat": "low", "note": null}""", "r.json").Heat);
    }

    [Theory]
    [InlineData("""{}""", "r.json: name is missing; write it again")]
    [InlineData("""{"name": null}""", "r.json: name is null; must be text; write it again")]
    [InlineData("""{"name": 7}""", "r.json: name is 7; must be text; write it again")]
    [InlineData("""{"name": "\ud800"}""", """r.json: name is "\ud800"; must be text; write it again""")]
    [InlineData("""{"name": "a", "servings": -4}""", "r.json: servings is -4; must be between 1 and 12; write it again")]
    [InlineData("""{"name": "a", "servings": 2.5}""", "r.json: servings is 2.5; must be a whole number; write it again")]
    [InlineData("""{"name": "a", "servings": 1e999}""", "r.json: servings is 1e999; must be a whole number; write it again")]
    [InlineData("""{"name": "a", "salt": 1e999}""", "r.json: salt is 1e999; must be a finite number; write it again")]
    [InlineData("""{"name": "a", "salt": "NaN"}""", """r.json: salt is "NaN"; must be a finite number; write it again""")]
    [InlineData("""{"name": "a", "slices": 12}""", "r.json: slices is 12; must be a power of two between 1 and 64; write it again")]
    [InlineData("""{"name": "a", "heat": 1}""", "r.json: heat is 1; must be one of Low, High; write it again")]
    [InlineData("""{"name": "a", "heat": "7"}""", """r.json: heat is "7"; must be one of Low, High; write it again""")]
    [InlineData("""{"name": "a", "tags": null}""", "r.json: tags is null; must be a list; write it again")]
    [InlineData("""{"name": "a", "tags": ["x", null]}""", "r.json: tags[1] is null; must be text; write it again")]
    [InlineData("""{"name": "a", "tags": ["x", "x"]}""", """r.json: tags is ["x", "x"]; must be names, each there once; write it again""")]
    [InlineData("""{"name": "a", "parts": [{"name": "x"}, {"name": "x"}]}""",
        """r.json: parts is [{"name": "x"}, {"name": "x"}]; must be entries, each with name of its own; write it again""")]
    [InlineData("""{"name": "a", "parts": [{"count": 1}]}""", "r.json: parts[0].name is missing; write it again")]
    [InlineData("""{"name": "a", "best": {"name": "x", "count": 6}}""", "r.json: best.count is 6; must be between 0 and 5; write it again")]
    [InlineData("""{"name": "a", "best": null}""", "r.json: best is null; must be an object; write it again")]
    [InlineData("""{"name": "a", "grams": {"x\u001b": 1e999}}""",
        """r.json: grams['x\u001B'] is 1e999; must be a finite number; write it again""")]
    [InlineData("""{"name": "a", "name": "b"}""",
        "r.json: is no recipe: 'name' is there twice; write it again")]
    [InlineData("""{"name": "a"} x""",
        "r.json: is no recipe: it is not JSON, or was cut short ('x' is invalid after a single JSON value. Expected end of data); write it "
            + "again")]
    [InlineData("""[1]""", "r.json: is no recipe; write it again")]
    [InlineData("""null""", "r.json: is no recipe; write it again")]
    [InlineData("", "r.json: is no recipe: it is not JSON, or was cut short (The input does not contain any JSON tokens. "
        + "Expected the input to "
        + "start with a valid JSON token, when isFinalBlock is true); write it again")]
    public void AFaultIsOneLine(string json, string message) =>
        Assert.Equal(message, Assert.Throws<BadInputException>(() => File.Parse(json, "r.json")).Message);

    [Fact]
    public void DeepJsonIsRefused() => Assert.Contains("r.json: is no recipe",
        Assert.Throws<BadInputException>(() => File.Parse(new string('[', 100_000), "r.json")).Message);

    [Fact]
    public void BoundsOfAPropertyAreFoundByItsName()
    {
        Assert.Equal((1, 12), WithinAttribute.Of<Recipe>(nameof(Recipe.Servings)));
        Assert.Throws<ArgumentException>(() => WithinAttribute.Of<Recipe>(nameof(Recipe.Name)));
    }
}
