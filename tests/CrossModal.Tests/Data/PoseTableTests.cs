using CrossModal.Data;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data;

public sealed class PoseTableTests : IDisposable
{
    private const string Header = "stem,split,pitch_hz,left_hand,string,stroke,sway,dynamics";
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-poses-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void APoseIsFoundByStem()
    {
        Write(Header, "viola00_500,train,146.80,0.2500,1,0.7500,-0.1000,0.6000", "",
            "horn01_600,train,0.00,0.5000,-1,0.3000,0.2000,0.4000");
        var poses = PoseTable.Read(_folder)!;
        Assert.Equal(2, poses.Count);
        Assert.Equal(new(146.8f, 0.25f, 1, 0.75f, -0.1f, 0.6f), poses.Of("chunk/train/viola/viola00_500.wav"));
        Assert.Equal(new(0, 0.5f, -1, 0.3f, 0.2f, 0.4f), poses.Of("img/train/horn/horn01_600.jpg"));
    }

    /// <summary>The column may be anywhere, or not be there.</summary>
    [Fact]
    public void APlayerIsFoundByStem()
    {
        Write($"{Header},player", "viola00_500,train,146.80,0.25,1,0.75,-0.1,0.6,Ada", "horn01_600,train,0,0.5,-1,0.3,0.2,0.4,Bela");
        var poses = PoseTable.Read(_folder)!;
        Assert.Equal("Bela", poses.PlayerOf("img/train/horn/horn01_600.jpg"));
        Assert.Null(poses.PlayerOf("img/train/horn/horn01_700.jpg"));
        Write(Header, "viola00_500,train,146.80,0.25,1,0.75,-0.1,0.6");
        Assert.Null(PoseTable.Read(_folder)!.PlayerOf("chunk/train/viola/viola00_500.wav"));
        Write($"{Header},player", "viola00_500,train,146.80,0.25,1,0.75,-0.1,0.6");
        Assert.Contains("has 8 cells of at least 9", Assert.Throws<BadInputException>(() => PoseTable.Read(_folder)).Message);
    }

    [Fact]
    public void DataWithoutPosesHaveNone() => Assert.Null(PoseTable.Read(_folder));

    [Theory]
    [InlineData("stem,pitch_hz,left_hand,string,stroke,sway", "", "line 1: has no column 'dynamics'")]
    [InlineData(Header, "viola00_500,train,146.80,0.25,1,0.75", "line 2: has 6 cells of at least 8")]
    [InlineData(Header, "viola00_500,train,146.80,0.2x,1,0.75,0,1", "line 2: '0.2x' is no number for left_hand")]
    [InlineData(Header, "viola00_500,train,146.80,NaN,1,0.75,0,1", "line 2: 'NaN' is no number for left_hand")]
    [InlineData(Header, "a,train,1,1,1,1,1,1\na,train,2,2,2,2,2,2", "line 3: the stem a stands there twice")]
    [InlineData(Header, "", "holds no poses")]
    public void DamageIsToldInOneLine(string header, string lines, string complaint)
    {
        Write([header, .. lines.Split('\n')]);
        var error = Assert.Throws<BadInputException>(() => PoseTable.Read(_folder));
        Assert.StartsWith($"{Path.Combine(_folder, "poses.csv")}: {complaint}; ", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void AStemThatIsMissingIsNamed()
    {
        Write(Header, "viola00_500,train,146.80,0.25,1,0.75,0,1");
        var poses = PoseTable.Read(_folder)!;
        var error = Assert.Throws<BadInputException>(() => poses.Of("img/train/viola/viola00_600.jpg"));
        Assert.Contains("poses.csv: has no line for viola00_600;", error.Message);
    }

    private void Write(params string[] lines) => File.WriteAllLines(Path.Combine(_folder, "poses.csv"), lines);
}
