using System.Net;
using EcStreamOrleans.Grains;

namespace EcStreamOrleans.Grid.Tests.Grains;

public sealed class BatchEntriesTests
{
    private static readonly SiloAddress First = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress Second = SiloAddress.New(IPAddress.Loopback, 2, 1);
    private static readonly TimeSpan Spell = TimeSpan.FromSeconds(10);

    private readonly BatchEntries _entries = new(Spell);

    [Fact]
    public void ASpellInWhichAllEntersElsewhere_SaysWhere_AndNotBefore()
    {
        Assert.Null(Note(First, 1, 0));
        Assert.Null(Note(First, 1, 9.9));
        Assert.Equal(First, Note(First, 1, 10));

        // What was said begins a new spell.
        Assert.Null(Note(First, 1, 11));
        Assert.Equal(First, Note(First, 1, 21));
    }

    [Fact]
    public void WhatEntersHere_WeighsTwice()
    {
        Note(null, 100, 0);
        Note(First, 150, 0);
        Note(null, 76, 5);
        Assert.Null(Note(First, 2, 10));

        Note(First, 150, 20);
        Note(null, 70, 25);
        Assert.Equal(First, Note(null, 4, 30));
    }

    [Fact]
    public void WhatEnteredHereBefore_DoesNotHoldTheGrain()
    {
        Note(null, 1_000_000, 0);
        Note(First, 10, 100);
        Assert.Equal(First, Note(First, 10, 110));
    }

    [Fact]
    public void OfSeveral_TheOneWithMost()
    {
        Note(First, 10, 0);
        Note(Second, 20, 1);
        Assert.Equal(Second, Note(First, 5, 10));
    }

    [Fact]
    public void WithoutASpell_Never()
    {
        var entries = new BatchEntries(TimeSpan.Zero);
        Assert.Null(entries.Note(First, 1, TimeSpan.Zero));
        Assert.Null(entries.Note(First, 1, TimeSpan.FromHours(1)));
    }

    private SiloAddress? Note(SiloAddress? at, long bytes, double seconds) => _entries.Note(at, bytes, TimeSpan.FromSeconds(seconds));
}
