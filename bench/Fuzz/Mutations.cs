namespace EcStreamOrleans.Fuzz;

/// <summary>Small damages.</summary>
internal static class Mutations
{
    public static T Pick<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>A short stretch somewhere in the list.</summary>
    public static (int At, int Count) Stretch(this Random random, int length, int most)
    {
        var at = random.Next(length + 1);
        return (at, random.Next(Math.Min(most, length - at) + 1));
    }

    /// <summary>One damage to a sequence of octets or of tokens.</summary>
    public static void Damage<T>(List<T> items, Random random, Func<T> another)
    {
        var (at, count) = random.Stretch(items.Count, random.Next(8) == 0 ? items.Count : 8);
        switch (random.Next(7))
        {
            case 0:
                items.RemoveRange(at, count);
                break;
            case 1:
                items.InsertRange(random.Next(items.Count + 1), items.GetRange(at, count));
                break;
            case 2 when items.Count > 0:
                var (one, other) = (random.Next(items.Count), random.Next(items.Count));
                (items[one], items[other]) = (items[other], items[one]);
                break;
            case 3 when random.Next(4) == 0:
                items.RemoveRange(at, items.Count - at);
                break;
            case 4 when at < items.Count:
                items[at] = another();
                break;
            default:
                items.Insert(at, another());
                break;
        }
    }

    /// <summary>Flips bits of some octets.</summary>
    public static void Flip(byte[] octets, Random random, int most)
    {
        for (var n = random.Next(1, most + 1); n > 0 && octets.Length > 0; n--)
        {
            octets[random.Next(octets.Length)] ^= (byte)(1 << random.Next(8));
        }
    }
}
