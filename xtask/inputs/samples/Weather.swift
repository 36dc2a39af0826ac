import Foundation

struct Reading: Codable, Equatable {
    let station: String
    let celsius: Double
    var fahrenheit: Double { celsius * 9 / 5 + 32 }
}

enum WeatherError: Error {
    case unreadable(path: String)
}

final class Weather {
    private var readings: [String: [Reading]] = [:]

    func load(from path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw WeatherError.unreadable(path: path)
        }
        for reading in try JSONDecoder().decode([Reading].self, from: data) {
            readings[reading.station, default: []].append(reading)
        }
    }

    func warmest() -> Reading? {
        readings.values.flatMap { $0 }.max { $0.celsius < $1.celsius }
    }
}

let weather = Weather()
do {
    try weather.load(from: "readings.json")
    print(weather.warmest()?.station ?? "none")
} catch WeatherError.unreadable(let path) {
    print("cannot read \(path)")
}
