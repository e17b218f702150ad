using System.Net;
using EcStreamOrleans.Grains.Copies;
using EcStreamOrleans.Silo.Copies;

namespace EcStreamOrleans.Grid.Tests.Silo;

/// <summary>Who holds a silo's copies.</summary>
public sealed class CopyHolderChoiceTests
{
    [Fact]
    public void AnotherZone_ComesFirst() =>
        Assert.Equal("c", CopySender.Rank("a", "1", [Known("b", "1"), Known("c", "2"), Known("d", null)]).Place!.Spool);

    [Fact]
    public void ASilo_IsNotItsOwnHolder() => Assert.Null(CopySender.Rank("a", "1", [Known("a", "2")]).Place);

    [Fact]
    public void TheChoice_IsTheSame_WhateverTheOrder_AndWhoeverElseGoes()
    {
        var all = Enumerable.Range(0, 10).Select(i => Known($"spool{i}", null)).ToList();
        var chosen = CopySender.Rank("a", null, all).Place!;

        Assert.Equal(chosen, CopySender.Rank("a", null, Enumerable.Reverse(all)).Place);
        Assert.All(all.Where(known => known.Place != chosen), gone => Assert.Equal(chosen, CopySender.Rank("a", null, all.Where(known => known != gone)).Place));
    }

    [Fact]
    public void NotAll_ChooseTheSame()
    {
        var all = Enumerable.Range(0, 10).Select(i => Known($"spool{i}", null)).ToList();

        Assert.True(all.Select(known => CopySender.Rank(known.Place.Spool, null, all).Place!.Spool).Distinct().Count() > 3);
    }

    private static (SiloAddress Silo, CopyPlace Place) Known(string spool, string? zone) =>
        (SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1), new CopyPlace(spool, zone, 0, IsComplete: false));
}
